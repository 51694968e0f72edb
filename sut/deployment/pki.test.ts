import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { type Authority, createAuthority } from './pki.ts'

let folder: string
let authority: Authority
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-pki-'))
  authority = await createAuthority(folder, 'test', systemClock.wall_ms())
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
