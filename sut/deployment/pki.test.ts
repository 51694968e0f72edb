import { X509Certificate, createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { factsOf } from '#sut/platform/certificates.ts'
import { type Authority, createAuthority, createIssuer, createKeptAuthority, keptIssuer } from './pki.ts'

const day_ms = 24 * 3_600_000

let folder: string
let authority: Authority
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-pki-'))
  authority = await createAuthority(folder, 'test', systemClock)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a certificate carries the identity of its service and ends within a day', async () => {
  const files = await authority.issue('wallet', 'a')
  const certificate = new X509Certificate(await readFile(files.certificate))
  expect(certificate.subjectAltName).toBe('URI:spiffe://slot-chaos/a/wallet, DNS:localhost, IP Address:127.0.0.1')
  expect(certificate.verify(new X509Certificate(await readFile(files.authority)).publicKey)).toBe(true)
  expect(certificate.validToDate.getTime() - systemClock.wall_ms()).toBeLessThanOrEqual(24 * 3_600_000)
  expect((await stat(files.key)).mode & 0o077).toBe(0)
})

test('certificate and key are one file, and a new one takes its place as a whole', async () => {
  const files = await authority.issue('wallet', 'a')
  const before = await readFile(files.certificate, 'utf8')
  expect(files.key).toBe(files.certificate)
  // The same one twice at once, as when it is due and somebody asks for it.
  await Promise.all([authority.issue('wallet', 'a'), authority.issue('wallet', 'a')])
  const text = await readFile(files.certificate, 'utf8')
  expect(text).not.toBe(before)
  expect(new X509Certificate(text).checkPrivateKey(createPrivateKey(text))).toBe(true)
  expect((await readdir(folder)).toSorted()).toEqual(['authority.pem', 'wallet-a.pem'])
})

test('what is issued later lives as long as the first, within the life of the authority', async () => {
  let now_ms = Date.UTC(2026, 0, 1)
  const issuer = await createIssuer('test', { clock: { wall_ms: () => now_ms } })
  const untilOf = async () => factsOf((await issuer.issue('wallet', 'a')).certificate).until_ms
  const authority_until_ms = factsOf(issuer.authority).until_ms
  expect((authority_until_ms - now_ms) / day_ms).toBe(365)
  expect((await untilOf()) - now_ms).toBe(day_ms)
  now_ms += 30.5 * day_ms
  expect((await untilOf()) - now_ms).toBe(day_ms)
  now_ms = authority_until_ms - 1000
  expect(await untilOf()).toBe(authority_until_ms)
})

test('a kept authority is issued with elsewhere: by its two texts, under the same root', async () => {
  const clock = systemClock
  const kept = await createKeptAuthority('test', { clock })
  const issuer = await keptIssuer(JSON.parse(JSON.stringify(kept)) as typeof kept, { clock, life_ms: 90 * day_ms })
  const { authority: root, certificate } = await issuer.issue('gateway', 'b', ['192.0.2.1'])
  expect(root).toBe(kept.authority)
  const leaf = new X509Certificate(certificate)
  expect(leaf.checkIssued(new X509Certificate(root)) && leaf.verify(new X509Certificate(root).publicKey)).toBe(true)
  expect(leaf.subjectAltName).toContain('192.0.2.1')
  expect((leaf.validToDate.getTime() - clock.wall_ms()) / day_ms).toBeCloseTo(90, 3)
})

test('two services trust each other by it, in both directions', async () => {
  const read = async (service: string, region: string) => {
    const files = await authority.issue(service, region)
    const [ca, cert, key] = await Promise.all(
      [files.authority, files.certificate, files.key].map((file) => readFile(file)),
    )
    return { ca, cert, key }
  }
  const server = createServer({ ...(await read('wallet', 'a')), requestCert: true, rejectUnauthorized: true })
  const names: string[] = []
  server.on('secureConnection', (socket) => {
    names.push(socket.getPeerCertificate().subjectaltname ?? '')
    socket.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as { port: number }
    const socket = connect({ ...(await read('game', 'b')), host: '127.0.0.1', port }).resume()
    await new Promise((resolve, reject) => socket.once('close', resolve).once('error', reject))
    expect(names[0]).toContain('spiffe://slot-chaos/b/game')
  } finally {
    server.close()
  }
})
