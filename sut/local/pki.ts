import './reflect-metadata.ts'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { newSerialNumber } from './secrets.ts'

// One authority a system, one short-lived certificate for each service and region. The identity is the URI in it:
//
//   spiffe://slot-chaos/<region>/<service>

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const valid_ms = 24 * 3_600_000
/** Clocks of two machines may differ a little. */
const before_ms = 5 * 60_000

export interface CertificateFiles {
  authority: string
  certificate: string
  key: string
}

export interface Authority {
  readonly file: string
  /** Writes the files of one service in one region; the key is readable by this user alone. */
  issue(service: string, region: string): Promise<CertificateFiles>
}

/** Makes an authority in `folder`; its key is never written. */
export async function createAuthority(folder: string, system: string, wall_ms: number): Promise<Authority> {
  x509.cryptoProvider.set(globalThis.crypto)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const keys = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  const name = `CN=slot-chaos ${system}`
  const validity = { notBefore: new Date(wall_ms - before_ms), notAfter: new Date(wall_ms + valid_ms) }
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name,
    ...validity,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const file = join(folder, 'authority.pem')
  await writeFile(file, `${root.toString('pem')}\n`)

  return {
    file,
    async issue(service, region) {
      const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      const leaf = await x509.X509CertificateGenerator.create({
        serialNumber: newSerialNumber(),
        subject: `CN=${service}-${region}`,
        issuer: name,
        ...validity,
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: await leafExtensions(service, region, keys.publicKey),
      })
      const path = join(folder, `${service}-${region}`)
      const files = { authority: file, certificate: `${path}.pem`, key: `${path}.key.pem` }
      const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY')
      await writeFile(files.certificate, `${leaf.toString('pem')}\n`)
      await writeFile(files.key, `${key}\n`, { mode: 0o600 })
      return files
    },
  }
}

async function leafExtensions(
  service: string,
  region: string,
  issuer: Parameters<typeof x509.AuthorityKeyIdentifierExtension.create>[0],
): Promise<x509.Extension[]> {
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
    await x509.AuthorityKeyIdentifierExtension.create(issuer),
    new x509.SubjectAlternativeNameExtension([
      { type: 'url', value: `spiffe://slot-chaos/${region}/${service}` },
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ]),
  ]
}
