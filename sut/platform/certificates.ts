import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { ServiceConfig } from './config.ts'

export interface Certificates {
  ca: string
  cert: string
  key: string
}

const poll_ms = 2000

export const readCertificates = ({ certificates }: Pick<ServiceConfig, 'certificates'>): Certificates => ({
  ca: readFileSync(certificates.authority, 'utf8'),
  cert: readFileSync(certificates.certificate, 'utf8'),
  key: readFileSync(certificates.key, 'utf8'),
})

/** Calls back with new certificates when the files have changed; returns the way to stop. */
export function onRotation(
  config: Pick<ServiceConfig, 'certificates'>,
  listener: (fresh: Certificates) => void,
  report: (error: unknown) => void,
): () => void {
  const { certificate, key } = config.certificates
  // Certificate and key are two files: whichever is written last completes the pair.
  const paths = [certificate, key]
  const changed = (): void => {
    try {
      listener(readCertificates(config))
    } catch (error) {
      report(error)
    }
  }
  for (const path of paths) watchFile(path, { interval: poll_ms, persistent: false }, changed)
  return () => paths.forEach((path) => unwatchFile(path, changed))
}
