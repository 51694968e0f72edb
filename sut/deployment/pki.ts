import './reflect-metadata.ts'
import type { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import type { Clock } from '#lib/clock.ts'
import { factsOf } from '#sut/platform/certificates.ts'
import { newSerialNumber } from './secrets.ts'

// One authority a system, one short-lived certificate for each service and region, issued anew while the system runs. The identity
// is the URI in it:
//
//   spiffe://slot-chaos/<region>/<service>
//
// Host names are for players alone, who know a gateway by its address: services ask each other for the URI.

x509.cryptoProvider.set(globalThis.crypto)
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const day_ms = 24 * 3_600_000
/** Everybody trusts it from its start on, and it is never exchanged: longer than a system lives. Its key ends with the system. */
const authority_ms = 365 * day_ms
/** Where somebody issues new ones in time; who stole a key has little of it. */
export const leaf_ms = day_ms
/** Clocks of two machines may differ a little. */
const before_ms = 5 * 60_000
const own_names = ['localhost', '127.0.0.1']

/** Texts of PEM files. */
export interface Certificate {
  authority: string
  certificate: string
  key: string
}

export const serialOf = ({ certificate }: Certificate): string => factsOf(certificate).serial

export interface Issuer {
  readonly authority: string
  /** `names`: host names and addresses, beside those of this machine. */
  issue(service: string, region: string, names?: readonly string[]): Promise<Certificate>
}

/** `life_ms`: of what it issues, which never outlives the authority. */
export interface IssuerOptions {
  clock: Pick<Clock, 'wall_ms'>
  life_ms?: number
}

/** Makes an authority; its key never leaves this process. */
export async function createIssuer(system: string, options: IssuerOptions): Promise<Issuer> {
  const { root, key } = await createRoot(system, options, false)
  return issuerOf(root, key, options)
}

/** An authority, and the text of its key, for another process to issue on with: whoever holds it can be every service. */
export interface KeptAuthority {
  authority: string
  key: string
}

export async function createKeptAuthority(system: string, options: IssuerOptions): Promise<KeptAuthority> {
  const { root, key } = await createRoot(system, options, true)
  return { authority: pemOf(root), key: await keyPem(key) }
}

export async function keptIssuer({ authority, key }: KeptAuthority, options: IssuerOptions): Promise<Issuer> {
  const own = await crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(key), algorithm, false, ['sign'])
  return issuerOf(new x509.X509Certificate(authority), own, options)
}

async function createRoot(system: string, { clock }: IssuerOptions, kept: boolean) {
  const keys = await crypto.subtle.generateKey(algorithm, kept, ['sign', 'verify'])
  const now_ms = clock.wall_ms()
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: `CN=slot-chaos ${system}`,
    notBefore: new Date(now_ms - before_ms),
    notAfter: new Date(now_ms + authority_ms),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { root, key: keys.privateKey }
}

function issuerOf(
  root: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
  { clock, life_ms = leaf_ms }: IssuerOptions,
): Issuer {
  const authority = pemOf(root)
  return {
    authority,
    async issue(service, region, names = []) {
      const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      const now_ms = clock.wall_ms()
      const leaf = await x509.X509CertificateGenerator.create({
        serialNumber: newSerialNumber(),
        subject: `CN=${service}-${region}`,
        issuer: root.subject,
        notBefore: new Date(now_ms - before_ms),
        notAfter: new Date(Math.min(now_ms + life_ms, root.notAfter.getTime())),
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey,
        extensions: await leafExtensions(`spiffe://slot-chaos/${region}/${service}`, root.publicKey, names),
      })
      return { authority, certificate: pemOf(leaf), key: await keyPem(own.privateKey) }
    },
  }
}

const pemOf = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`
const keyPem = async (key: webcrypto.CryptoKey): Promise<string> =>
  `${x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`

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

/** Paths of PEM files; certificate and key may be in the same one. */
export interface CertificateFiles {
  authority: string
  certificate: string
  key: string
}

export interface Authority {
  readonly file: string
  /**
   * Writes the file of one service in one region, or replaces it; it is readable by this user alone. Certificate and key are one
   * file, whole or not there: nobody reads the key of one and the certificate of another.
   */
  issue(service: string, region: string): Promise<CertificateFiles>
}

/** An authority whose certificates are files in `folder`. */
export async function createAuthority(
  folder: string,
  system: string,
  clock: IssuerOptions['clock'],
): Promise<Authority> {
  const issuer = await createIssuer(system, { clock })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'authority.pem')
  await writeFile(file, issuer.authority)
  return {
    file,
    async issue(service, region) {
      const { certificate, key } = await issuer.issue(service, region)
      const path = join(folder, `${service}-${region}.pem`)
      // Of its own: the same certificate may be asked for twice at once.
      const fresh = `${path}.${newSerialNumber()}`
      await writeFile(fresh, certificate + key, { mode: 0o600 })
      await rename(fresh, path)
      return { authority: file, certificate: path, key: path }
    },
  }
}
