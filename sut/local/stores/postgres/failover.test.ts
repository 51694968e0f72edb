import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FailoverView, type NodeView, decideFailover } from './failover.ts'

const node = (region: 'a' | 'b', changes: Partial<NodeView> = {}): NodeView => ({
  region,
  agent: true,
  server: region === 'a' ? 'primary' : 'standby',
  needs_rebuild: false,
  busy: false,
  ...changes,
})
const view = (changes: Partial<FailoverView> = {}): FailoverView => ({
  now_ms: 1_000,
  lease: { holder: 'a', expires_at_ms: 20_000 },
  leader: node('a'),
  other: node('b'),
  replication: 'synchronous',
  synchronous_standby: 'b',
  streaming: true,
  ...changes,
})
const expired = { now_ms: 20_000 }
const regionGone = node('a', { agent: false, server: 'down' })

describe('a leader that works', () => {
  test('renews its lease, and nothing else when all is well', () => {
    expect(decideFailover(view())).toEqual([{ do: 'renew' }])
  })
  test('takes the lease again when nobody else could', () => {
    expect(decideFailover(view(expired))).toEqual([{ do: 'renew' }])
  })
  test('stops waiting for a standby that is away, and waits again when it streams', () => {
    const away = view({ other: node('b', { agent: false, server: 'down' }), streaming: false })
    expect(decideFailover(away)).toContainEqual({ do: 'synchronous', standby: null })
    expect(decideFailover(view({ synchronous_standby: null }))).toContainEqual({ do: 'synchronous', standby: 'b' })
    const catchingUp = view({ synchronous_standby: null, streaming: false })
    expect(decideFailover(catchingUp)).toEqual([{ do: 'renew' }])
  })
  test('never waits for the standby when replication is asynchronous', () => {
    const chosen = view({ replication: 'asynchronous', synchronous_standby: null })
    expect(decideFailover(chosen)).toEqual([{ do: 'renew' }])
  })
  test('a returning old leader is rebuilt, a returning standby started', () => {
    const old = view({ other: node('b', { server: 'down', needs_rebuild: true }), streaming: false })
    expect(decideFailover(old)).toContainEqual({ do: 'rebuild', region: 'b' })
    const standby = view({ other: node('b', { server: 'down' }), streaming: false })
    expect(decideFailover(standby)).toContainEqual({ do: 'start', region: 'b' })
  })
})

describe('a leader that is gone', () => {
  test('is started in place while its lease lasts', () => {
    expect(decideFailover(view({ leader: node('a', { server: 'down' }) }))).toEqual([{ do: 'start', region: 'a' }])
    expect(decideFailover(view({ leader: regionGone }))).toEqual([])
  })
  test('is followed by the synchronous standby when its lease is out', () => {
    expect(decideFailover(view({ ...expired, leader: regionGone }))).toEqual([{ do: 'promote', region: 'b' }])
  })
  test('is stopped first when its process still exists', () => {
    const hung = view({ ...expired, leader: node('a', { server: 'unavailable' }) })
    expect(decideFailover(hung)).toEqual([
      { do: 'stop', region: 'a' },
      { do: 'promote', region: 'b' },
    ])
  })
  test('is waited for when the standby may lack commits', () => {
    expect(decideFailover(view({ ...expired, leader: regionGone, synchronous_standby: null }))).toEqual([])
    const asynchronous = { replication: 'asynchronous', synchronous_standby: null } as const
    const chosen = view({ ...expired, leader: regionGone, ...asynchronous })
    expect(decideFailover(chosen)).toEqual([{ do: 'promote', region: 'b' }])
  })
})

test('in every state: no standby that may lack commits is promoted, no second writer left, no node touched whose region is down', () => {
  const anyNode = (region: 'a' | 'b') =>
    fc.record({
      region: fc.constant(region),
      agent: fc.boolean(),
      server: fc.constantFrom('down', 'unavailable', 'primary', 'standby'),
      needs_rebuild: fc.boolean(),
      busy: fc.boolean(),
    })
  const anyView = fc.record({
    now_ms: fc.integer({ min: 0, max: 40_000 }),
    lease: fc.constant({ holder: 'a' as const, expires_at_ms: 20_000 }),
    leader: anyNode('a'),
    other: anyNode('b'),
    replication: fc.constantFrom('synchronous', 'asynchronous'),
    synchronous_standby: fc.constantFrom('b', null),
    streaming: fc.boolean(),
  })
  const property = fc.property(anyView, (state: FailoverView) => {
    const actions = decideFailover(state)
    for (const action of actions) {
      if (action.do === 'promote') {
        expect(state.now_ms).toBeGreaterThanOrEqual(20_000)
        expect(state.replication === 'asynchronous' || state.synchronous_standby === 'b').toBe(true)
        expect(state.leader.server === 'down' || actions.some((each) => each.do === 'stop')).toBe(true)
      }
      if (action.do === 'start' || action.do === 'rebuild' || action.do === 'promote')
        expect((action.region === 'a' ? state.leader : state.other).agent).toBe(true)
    }
  })
  fc.assert(property)
})
