import './reflect-metadata.ts'
import { isIP } from 'node:net'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { newSerialNumber } from './secrets.ts'

// One authority a system, one short-lived certificate for each service and region. The identity is the URI in it:
//
//   spiffe://slot-chaos/<region>/<service>
//
// Host names are for players alone, who know a gateway by its address: services ask each other for the URI.

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const valid_ms = 24 * 3_600_000
/** Clocks of two machines may differ a little. */
const before_ms = 5 * 60_000
const own_names = ['localhost', '127.0.0.1']

/** Texts of PEM files. */
export interface Certificate {
  authority: string
  certificate: string
  key: string
}

export interface Issuer {
  readonly authority: string
  /** `names`: host names and addresses, beside those of this machine. */
  issue(service: string, region: string, names?: readonly string[]): Promise<Certificate>
}

/** Makes an authority; its key never leaves this process. */
export async function createIssuer(system: string, wall_ms: number): Promise<Issuer> {
  x509.cryptoProvider.set(globalThis.crypto)
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
  const authority = `${root.toString('pem')}\n`

  return {
    authority,
    async issue(service, region, names = []) {
      const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      const leaf = await x509.X509CertificateGenerator.create({
        serialNumber: newSerialNumber(),
        subject: `CN=${service}-${region}`,
        issuer: name,
        ...validity,
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: await leafExtensions(`spiffe://slot-chaos/${region}/${service}`, keys.publicKey, names),
      })
      const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY')
      return { authority, certificate: `${leaf.toString('pem')}\n`, key: `${key}\n` }
    },
  }
}

async function leafExtensions(
  identity: string,
  issuer: Parameters<typeof x509.AuthorityKeyIdentifierExtension.create>[0],
  names: readonly string[],
): Promise<x509.Extension[]> {
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
    await x509.AuthorityKeyIdentifierExtension.create(issuer),
    new x509.SubjectAlternativeNameExtension([
      { type: 'url', value: identity },
      ...[...new Set([...own_names, ...names])].map((value): x509.JsonGeneralName => ({
        type: isIP(value) === 0 ? 'dns' : 'ip',
        value,
      })),
    ]),
  ]
}

/** Paths of PEM files. */
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

/** An authority whose certificates are files in `folder`. */
export async function createAuthority(folder: string, system: string, wall_ms: number): Promise<Authority> {
  const issuer = await createIssuer(system, wall_ms)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'authority.pem')
  await writeFile(file, issuer.authority)
  return {
    file,
    async issue(service, region) {
      const { certificate, key } = await issuer.issue(service, region)
      const path = join(folder, `${service}-${region}`)
      const files = { authority: file, certificate: `${path}.pem`, key: `${path}.key.pem` }
      await writeFile(files.certificate, certificate)
      await writeFile(files.key, key, { mode: 0o600 })
      return files
    },
  }
}
