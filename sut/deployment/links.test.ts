import { expect, test } from 'vitest'
import { inTopology } from '#sut/contracts/topology.ts'
import { slotBackend } from '#sut/descriptor.ts'
import { type Surroundings, discoveryView } from '#sut/local/discovery.ts'
import { assertLinks, isSelected, linksTo } from './links.ts'

const wallet = { to: 'wallet', region: 'b', instance: 'wallet-b-2' }
const nats = { to: 'nats', region: 'c', instance: 'nats-c' }

test('a destination has a link from each service that calls it, in each region', () => {
  const ids = linksTo([wallet], slotBackend).map(({ id }) => id)
  expect(ids).toEqual(['gateway-a>wallet-b-2', 'gateway-b>wallet-b-2', 'game-a>wallet-b-2', 'game-b>wallet-b-2'])
  expect(linksTo([nats], slotBackend)).toContainEqual(
    expect.objectContaining({ id: 'wallet-a>nats-c', from: 'wallet', to: 'nats', to_region: 'c' }),
  )
})

test('a monolith has links to the stores alone, one for each service in it', () => {
  const system = inTopology('monolith', slotBackend)
  expect(linksTo([wallet, { to: 'monolith', region: 'a', instance: 'monolith-a-1' }], system)).toEqual([])
  expect(linksTo([nats], system)).toEqual(linksTo([nats], slotBackend))
  expect(() => assertLinks([{ from: 'wallet', to: 'postgres' }], system)).not.toThrow()
  expect(() => assertLinks([{ from: 'game', to: 'wallet' }], system)).toThrow('game(*) > wallet(*)')
})

test('a selection picks links by their ends; no region and * mean every region', () => {
  const links = linksTo([wallet], slotBackend)
  const chosen = (selection: Parameters<typeof isSelected>[1]) =>
    links.filter((link) => isSelected(link, selection)).map(({ id }) => id)
  expect(chosen('all')).toHaveLength(4)
  expect(chosen([])).toEqual([])
  expect(chosen([{ from: 'game', to: 'wallet' }])).toEqual(['game-a>wallet-b-2', 'game-b>wallet-b-2'])
  expect(chosen([{ from: 'game', to: 'wallet', from_region: 'b', to_region: '*' }])).toEqual(['game-b>wallet-b-2'])
  expect(chosen([{ from: 'game', to: 'wallet', to_region: 'a' }])).toEqual([])
})

test('selectors that can match nothing are refused, all at once', () => {
  expect(() => assertLinks([{ from: 'game', to: 'nats', to_region: 'c' }], slotBackend)).not.toThrow()
  const wrong = [
    { from: 'wallet', to: 'gateway' },
    { from: 'game', to: 'postgres', to_region: 'c' },
  ]
  expect(() => assertLinks(wrong, slotBackend)).toThrow('wallet(*) > gateway(*), game(*) > postgres(c)')
})

test('the view of a service leads through the proxies of its own links alone', () => {
  const around: Surroundings = {
    instances: [
      { service: 'wallet', instance: 'wallet-a-1', region: 'a', port: 1 },
      { service: 'wallet', instance: 'wallet-b-2', region: 'b', port: 2 },
    ],
    postgres: [{ region: 'a', port: 3 }],
    redis: [{ region: 'b', port: 4 }],
    sentinels: [{ region: 'c', port: 5 }],
    sentinel_group: 'slot',
    nats: [{ region: 'c', port: 6 }],
  }
  const proxies = new Map([
    ['game-a>wallet-b-2', 102],
    ['game-a>postgres-a', 103],
    ['gateway-a>redis-b', 104],
    ['game-a>nats-c', 106],
  ])
  const view = (service: string) =>
    discoveryView(service, 'a', around, slotBackend, (link: string) => proxies.get(link))
  expect(view('game')).toMatchObject({
    services: {
      wallet: [
        { instance: 'wallet-a-1', port: 1 },
        { instance: 'wallet-b-2', port: 102 },
      ],
      gateway: [],
    },
    postgres: [{ region: 'a', host: '127.0.0.1', port: 103 }],
    nats: [{ region: 'c', port: 106 }],
  })
  expect(view('gateway')).toMatchObject({
    redis: { sentinels: [{ port: 5 }], group: 'slot', addresses: { '127.0.0.1:4': { port: 104 } } },
    postgres: [{ port: 3 }],
  })
})
