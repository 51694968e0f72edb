import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, createSecureContext } from 'node:tls'
import type { Logger } from 'pino'
import type { ServiceConfig } from './config.ts'
import type { Metrics } from './metrics.ts'

/** Texts of PEM files. */
export interface Certificates {
  ca: string
  cert: string
  key: string
}

/** Of its own certificate, that of its authority and its key; all that an instance uses is what this says. */
export interface CertificateWatch {
  current(): Certificates
  /** Called with each new pair; returns the way to stop. */
  onChange(listener: (fresh: Certificates) => void): () => void
  close(): void
}

/** What a certificate says of itself. */
export interface CertificateFacts {
  serial: string
  from_ms: number
  until_ms: number
}

type Files = Pick<ServiceConfig, 'certificates'>
const look_every_ms = 2000
const handshake_limit_ms = 1000

export const readCertificates = ({ certificates }: Files): Certificates => ({
  ca: readFileSync(certificates.authority, 'utf8'),
  cert: readFileSync(certificates.certificate, 'utf8'),
  key: readFileSync(certificates.key, 'utf8'),
})

/**
 * Reads the files again and again, not when they are said to have changed: one that changed before anybody listened would be missed.
 * A key that is not that of the certificate is never handed on: it is reported, and the next look finds the pair.
 */
export function watchCertificates(
  config: Files,
  report: (error: unknown) => void,
  every_ms = look_every_ms,
): CertificateWatch {
  const listeners = new Set<(fresh: Certificates) => void>()
  let current = readCertificates(config)
  const look = (): void => {
    try {
      const fresh = readCertificates(config)
      if (fresh.cert === current.cert && fresh.key === current.key) return
      createSecureContext(fresh) // throws when they are no pair
      current = fresh
      for (const listener of listeners) listener(fresh)
    } catch (error) {
      report(error)
    }
  }
  const looking = setInterval(look, every_ms).unref()
  return {
    current: () => current,
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => clearInterval(looking),
  }
}

export function factsOf(pem: string | Buffer): CertificateFacts {
  const { serialNumber, validFromDate, validToDate } = new X509Certificate(pem)
  return { serial: serialNumber, from_ms: validFromDate.getTime(), until_ms: validToDate.getTime() }
}

/** Of a service: on its metrics page are both ends, so that a rule can say how much of a life is left, however long it is. */
export function ownCertificates(config: Files, metrics: Metrics, log: Logger): CertificateWatch {
  const watch = watchCertificates(config, (error) => log.error({ err: error }, 'new certificates could not be taken'))
  const seconds = (end: 'from_ms' | 'until_ms') => (): number => factsOf(watch.current().cert)[end] / 1000
  metrics.level('certificate_from_timestamp_seconds', 'Begin of the own certificate, in Unix time', seconds('from_ms'))
  metrics.level('certificate_until_timestamp_seconds', 'End of the own certificate, in Unix time', seconds('until_ms'))
  return watch
}

/** Serial number of the certificate that a door shows to a new connection, whoever it is that listens there. */
export function serialShownAt(address: { host: string; port: number }, own: Certificates): Promise<string> {
  return new Promise((resolve, reject) => {
    // Whose certificate it is, is what is asked for: whether it is trusted, the authority says.
    const socket = connect({ ...address, ...own, ALPNProtocols: ['h2'], checkServerIdentity: () => undefined })
    socket.setTimeout(handshake_limit_ms, () => socket.destroy(new Error('no handshake in time')))
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
  })
}
