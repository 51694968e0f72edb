import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { createAuthority } from '#sut/deployment/pki.ts'
import { holdUnfinished } from './unfinished-requests.ts'

vi.setConfig({ testTimeout: 30_000 })
const patient = { timeout: 10_000 }
let folder: string
const closers: (() => void)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-chaos-unfinished-'))
})
afterEach(async () => {
  for (const close of closers.splice(0)) close()
  await rm(folder, { recursive: true, force: true })
})

/** A gateway that admits four streams a connection; what has begun and not ended at it. */
async function gateway(answer: (request: Http2ServerRequest, response: Http2ServerResponse) => void) {
  const issued = await (await createAuthority(folder, 'test', systemClock)).issue('gateway', 'a')
  const [cert, key] = await Promise.all([readFile(issued.certificate), readFile(issued.key)])
  let open = 0
  const server = createSecureServer({ cert, key, settings: { maxConcurrentStreams: 4 } }, (request, response) => {
    open++
    response.once('close', () => open--)
    answer(request, response)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return { at: { url: `https://127.0.0.1:${port}`, authority_file: issued.authority }, open: () => open }
}

test('as many are open as the gateway admits, and none is left after the release', async () => {
  const { at, open } = await gateway(() => {})
  const held = await holdUnfinished(at, { connections: 2, streams: 5 })
  closers.push(() => held.release())
  await expect.poll(open, patient).toBe(8)
  expect(held.state()).toEqual({ wanted: 10, open: 8, refused: 0, beyond: 2, refusals: {} })
  held.release()
  held.release()
  await expect.poll(open, patient).toBe(0)
})

test('what is refused in words is counted by its code, and begun again a while later', async () => {
  let begun = 0
  const { at } = await gateway((_request, response) => {
    if (++begun % 2 === 1) response.writeHead(503).end(JSON.stringify({ code: 'unavailable', message: 'try again' }))
  })
  const held = await holdUnfinished(at, { connections: 1, streams: 2 })
  closers.push(() => held.release())
  await expect.poll(() => held.state(), patient).toMatchObject({ open: 1, refused: 1, refusals: { unavailable: 1 } })
  await expect.poll(() => held.state(), patient).toMatchObject({ refusals: { unavailable: 2 } })
  expect(begun).toBe(3)
})

test('connections that break are made again; of what is not there it is said why', async () => {
  const { at, open } = await gateway((request) => request.stream.session?.destroy())
  const held = await holdUnfinished(at, { connections: 1, streams: 2 })
  closers.push(() => held.release())
  await expect.poll(open, patient).toBe(0)
  expect(held.state().open).toBeLessThanOrEqual(2)
  held.release()
  const nobody = await holdUnfinished({ ...at, url: 'https://127.0.0.1:1' }, { connections: 1, streams: 2 })
  closers.push(() => nobody.release())
  await expect
    .poll(() => nobody.state(), patient)
    .toMatchObject({ open: 0, error: expect.stringContaining('ECONNREFUSED') })
})

test('they go to this machine alone', async () => {
  for (const url of ['https://192.0.2.1:443', 'https://127.0.0.1.example:443', 'https://localhost:443'])
    await expect(
      holdUnfinished({ url, authority_file: '/nowhere' }, { connections: 1, streams: 1 }),
    ).rejects.toMatchObject({ code: 'NO_FAULT_TARGET' })
})
