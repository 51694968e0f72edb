import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { watchDiscovery } from './discovery.ts'

const redis = { sentinels: [], group: 'slot', addresses: {} }
const withPort = (port: number): string =>
  JSON.stringify({
    services: { wallet: [{ instance: 'w', region: 'a', host: '127.0.0.1', port }] },
    postgres: [],
    redis,
    nats: [],
  })

test('a renamed file is taken, a bad one is reported once and the last good one stays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-discovery-'))
  const file = join(folder, 'discovery.json')
  const replace = async (text: string): Promise<void> => {
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
  }
  await replace(withPort(1))
  const reports: string[] = []
  const seen: (number | undefined)[] = []
  const watched = watchDiscovery(file, (text) => void reports.push(text))
  try {
    const port = (): number | undefined => watched.current().services['wallet']?.[0]?.port
    watched.onChange(() => void seen.push(port()))
    expect(port()).toBe(1)
    await replace(withPort(2))
    await waitFor(() => port() === 2, { what: 'the new port', limit_ms: 3000 })
    await replace(withPort(70_000))
    await waitFor(() => reports.length > 0, { what: 'a report', limit_ms: 3000 })
    expect(reports[0]).toContain('/services/wallet/0/port')
    expect(port()).toBe(2)
    await replace(withPort(3))
    await waitFor(() => port() === 3, { what: 'the next good one', limit_ms: 3000 })
    expect(reports).toHaveLength(1)
    expect(seen).toEqual([2, 3])
  } finally {
    watched.close()
    await rm(folder, { recursive: true, force: true })
  }
})

test('a bad file at the start is refused with its violations', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-discovery-'))
  const file = join(folder, 'discovery.json')
  await writeFile(file, '{"services": {}}')
  expect(() => watchDiscovery(file, () => {})).toThrow(/postgres.*nats/)
  await rm(folder, { recursive: true, force: true })
})

test('a name stands for its addresses, follows them, and keeps the last ones while nobody answers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-discovery-'))
  const file = join(folder, 'discovery.json')
  const named = { wallet: [{ name: 'wallet-a.slot.svc', region: 'a', port: 8443 }] }
  await writeFile(file, JSON.stringify({ services: named, postgres: [], redis, nats: [] }))
  const reports: string[] = []
  const asked = new Set<string>()
  let answer = async (): Promise<string[]> => ['10.0.0.2', '10.0.0.1']
  const watched = watchDiscovery(
    file,
    (text) => void reports.push(text),
    (name) => {
      asked.add(name)
      return answer()
    },
  )
  const hosts = (): string | undefined =>
    watched
      .current()
      .services['wallet']?.map(({ host }) => host)
      .join()
  try {
    expect(hosts()).toBe('')
    await waitFor(() => hosts() === '10.0.0.1,10.0.0.2', { what: 'both addresses', limit_ms: 3000 })
    const [first] = watched.current().services['wallet']!
    expect(first).toEqual({ instance: '10.0.0.1', region: 'a', host: '10.0.0.1', port: 8443 })
    answer = () => Promise.reject(new Error('SERVFAIL'))
    await waitFor(() => reports.length > 0, { what: 'a report', limit_ms: 3000 })
    expect(hosts()).toBe('10.0.0.1,10.0.0.2')
    let told = 0
    watched.onChange(() => void told++)
    answer = async () => ['10.0.0.3']
    await waitFor(() => hosts() === '10.0.0.3', { what: 'the new address', limit_ms: 3000 })
    answer = async () => []
    await waitFor(() => hosts() === '', { what: 'nobody', limit_ms: 3000 })
    expect({ told, reports: reports.length, asked: [...asked] }).toEqual({
      told: 2,
      reports: 1,
      asked: ['wallet-a.slot.svc'],
    })
  } finally {
    watched.close()
    await rm(folder, { recursive: true, force: true })
  }
})
