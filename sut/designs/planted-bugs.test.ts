import { expect, test } from 'vitest'
import type { SpinResult } from '#sut/contracts/api.ts'
import type { TransferAnswer, TransferRequest } from '#sut/contracts/bodies.ts'
import type { SystemEvent } from '#sut/contracts/events.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { LedgerPart, Parts } from './parts.ts'
import type { Tools } from './planted-bug.ts'
import { plantedBugs } from './planted-bugs.ts'

// What bugs do in the places that they take, over a standard that is a few lines here: each makes its difference, and marks it as often.
// Those in databases are tried in sut/flow/planted-money.int.test.ts.

/** The replacement of a seam, and what it has marked. */
function planted<Name extends keyof Parts>(bug: string, seam: Name, standard: Parts[Name], region = 'a') {
  const marks = { ran: 0, reached: 0 }
  let now_ms = 0
  const clock = { wall_ms: () => now_ms, monotonic_ms: () => now_ms }
  const tools = { clock, region, instance: 'one' } as unknown as Tools
  const replace = plantedBugs[bug]!.replaces[seam]!
  const part = replace(standard as never, (what) => (marks[what] += 1), tools)
  return { part, marks, pass: (ms: number) => (now_ms += ms) }
}
const many = Array.from({ length: 400 }, (_, index) => index)
const deadline_ms = 1_000

function books(): LedgerPart & { taken: TransferRequest[] } {
  const taken: TransferRequest[] = []
  const answer: TransferAnswer = { transfer_id: 't', balance_minor: 1, version: 1, replayed: false }
  return {
    taken,
    dedupeKey: (key) => key,
    has: async () => false,
    transfer: async (request) => {
      taken.push(request)
      return answer
    },
    balance: async () => ({ balance_minor: taken.length, held_minor: 0, available_minor: 0, version: taken.length }),
  }
}
const transfer = (kind: TransferRequest['kind'], index: number): TransferRequest => ({
  key: `${kind}:${index}`,
  kind,
  player_id: `player-${index % 7}`,
  amount_minor: 10,
})
async function moving(bug: string, kind: TransferRequest['kind']) {
  const standard = books()
  const { part, marks } = planted(bug, 'wallet.ledger', standard)
  const refused: unknown[] = []
  for (const index of many) await part.transfer(transfer(kind, index)).catch((error: unknown) => refused.push(error))
  const { taken } = standard
  return { taken, refused, marks }
}

test('deposits are padded, or credited to another player, and nothing else is', async () => {
  const padded = await moving('deposit-padded', 'deposit')
  expect(padded.taken.filter(({ amount_minor }) => amount_minor === 11)).toHaveLength(padded.marks.reached)
  const misdirected = await moving('deposit-misdirected', 'deposit')
  const wrong = misdirected.taken.filter(
    ({ key, player_id }) => player_id !== `player-${Number(key.split(':')[1]) % 7}`,
  )
  expect(wrong).toHaveLength(misdirected.marks.reached)
  for (const { marks } of [padded, misdirected]) expect(marks).toMatchObject({ ran: 400 })
  for (const { marks } of [padded, misdirected]) expect(marks.reached).toBeGreaterThan(20)
  for (const bug of ['deposit-padded', 'deposit-misdirected'])
    expect((await moving(bug, 'withdrawal')).marks).toEqual({ ran: 0, reached: 0 })
})

test('bets are refused without a reason, the same ones whenever they come', async () => {
  const { refused, marks } = await moving('refused-without-reason', 'bet')
  expect(refused).toHaveLength(marks.reached)
  expect(marks.reached).toBeGreaterThan(5)
  expect((await moving('refused-without-reason', 'bet')).marks).toEqual(marks)
})

test('wins are paid twice, or short, or one unit too high', async () => {
  const twice = await moving('win-twice', 'win')
  expect(twice.taken).toHaveLength(400 + twice.marks.reached)
  expect(new Set(twice.taken.map(({ key }) => key)).size).toBe(twice.taken.length)

  const asked: number[] = []
  const short = planted('win-short', 'game.send-transfer', async ({ amount_minor }) => {
    asked.push(amount_minor)
    return { transfer_id: 't', balance_minor: 1, version: 1, replayed: false }
  })
  for (const index of many) await short.part(transfer('win', index), deadline_ms)
  expect(asked.filter((amount_minor) => amount_minor === 9)).toHaveLength(short.marks.reached)
  expect(short.marks.reached).toBeGreaterThan(20)

  const high = planted('one-too-much', 'game.win-of', (_stops, stake_minor) => stake_minor)
  const pays = { reels: [], pays: {} }
  expect([high.part([], 5n, pays), high.part([], 0n, pays)]).toEqual([6n, 0n])
  expect(high.marks).toEqual({ ran: 2, reached: 1 })
})

test('a balance is three seconds old, and only then is it another one', async () => {
  const standard = books()
  const { part, marks, pass } = planted('balance-stale', 'wallet.ledger', standard)
  expect(await part.balance('p')).toMatchObject({ version: 0 })
  expect(await part.balance('p')).toMatchObject({ version: 0 })
  expect(marks.reached).toBe(0)
  await part.transfer(transfer('deposit', 1))
  expect(await part.balance('p')).toMatchObject({ version: 0 })
  expect(marks.reached).toBe(1)
  pass(3_001)
  expect(await part.balance('p')).toMatchObject({ version: 1 })
})

test('events are lost, published again under another name, or not written', async () => {
  const sent: string[] = []
  const publish = async ({ id }: SystemEvent): Promise<void> => void sent.push(id)
  const event = (index: number) => ({ id: `event-${index}`, player_id: 'p' }) as SystemEvent
  const lost = planted('event-lost', 'platform.publish', publish)
  for (const index of many) await lost.part(event(index))
  expect(sent).toHaveLength(400 - lost.marks.reached)
  sent.length = 0
  const renamed = planted('event-renamed', 'platform.publish', publish)
  for (const index of many) await renamed.part(event(index))
  expect(new Set(sent).size).toBe(400 + renamed.marks.reached)
  sent.length = 0
  const forgotten = planted('event-forgotten', 'telemetry.record', async (each) => publish(each).then(() => true))
  for (const index of many) await forgotten.part(event(index))
  expect(sent).toHaveLength(400 - forgotten.marks.reached)
  for (const { marks } of [lost, renamed, forgotten]) expect(marks.reached).toBeGreaterThan(3)
})

test('a stake of who has excluded himself is allowed in region b, by an instance that knows his session', async () => {
  let excluded = false
  const check: Parts['session.check'] = async () => {
    if (excluded) throw new Problem('self_excluded', 'excluded')
    return { game_id: 'fruits', reserve: false }
  }
  const stake = { player_id: 'p', stake_minor: 1 }
  for (const region of ['a', 'b']) {
    excluded = false
    const { part, marks } = planted('exclusion-unseen', 'session.check', check, region)
    await part('s', stake)
    excluded = true
    await expect(part('another', stake)).rejects.toMatchObject({ code: 'self_excluded' })
    if (region === 'a') await expect(part('s', stake)).rejects.toMatchObject({ code: 'self_excluded' })
    else expect(await part('s', stake)).toEqual({ game_id: 'fruits', reserve: false })
    expect(marks.reached).toBe(region === 'a' ? 0 : 1)
  }
})

test('a new limit is not seen for ten seconds', async () => {
  let reserve = false
  const { part, marks, pass } = planted('limit-unseen', 'session.check', async () => ({ game_id: 'fruits', reserve }))
  const stake = { player_id: 'p', stake_minor: 1 }
  await part('s', stake)
  reserve = true
  expect(await part('s', stake)).toMatchObject({ reserve: false })
  pass(10_001)
  expect(await part('s', stake)).toMatchObject({ reserve: true })
  expect(marks.reached).toBe(1)
})

test('a permission outlives its withdrawal: for five seconds, or when it comes back late', async () => {
  let excluded = false
  const check: Parts['session.check'] = async () => {
    if (excluded) throw new Problem('self_excluded', 'excluded')
    return { game_id: 'fruits', reserve: false }
  }
  const stake = { player_id: 'p', stake_minor: 1 }
  const allowed = { game_id: 'fruits', reserve: false }
  const cached = planted('exclusion-cached', 'session.check', check)
  const late = planted('cache-refilled-late', 'session.check', check)
  for (const { part } of [cached, late]) expect(await part('s', stake)).toEqual(allowed)
  excluded = true
  expect(await cached.part('s', stake)).toEqual(allowed)
  await expect(late.part('s', stake)).rejects.toMatchObject({ code: 'self_excluded' })
  late.pass(300)
  expect(await late.part('s', stake)).toEqual(allowed)
  cached.pass(5_001)
  await expect(cached.part('s', stake)).rejects.toMatchObject({ code: 'self_excluded' })
  for (const { marks } of [cached, late]) expect(marks).toEqual({ ran: 3, reached: 1 })
})

test('a second use of a refresh token is refused and not told to anybody', async () => {
  const asked: string[] = []
  const login = { player_id: 'p', token: 't', expires_in_s: 1, refresh_token: 'r' }
  const { part, marks } = planted('reuse-not-noticed', 'identity.refresh', async (token) => {
    asked.push(token)
    return login
  })
  await part('one')
  await expect(part('one')).rejects.toMatchObject({ code: 'unauthenticated' })
  expect({ asked, marks }).toEqual({ asked: ['one'], marks: { ran: 2, reached: 1 } })
})

test('the gateway admits what it must not', async () => {
  const early = planted('bodies-hold-places', 'gateway.takes-place', (moment) => moment === 'request')
  expect([early.part('headers'), early.part('request'), early.marks]).toEqual([true, false, { ran: 2, reached: 1 }])
  const replay = planted('replay-admitted', 'gateway.claim-in-store', async () => 'of another request')
  expect(await replay.part('nonce', 'mine', 1)).toBeNull()
  const revoked = planted('revocation-unread', 'gateway.is-revoked', async () => true, 'b')
  expect(await revoked.part('jti')).toBe(false)
  const payload = Buffer.from(JSON.stringify({ sub: 'p', role: 'player' })).toString('base64url')
  const forged = planted('token-unverified', 'gateway.verify-token', async () => {
    throw new Problem('unauthenticated', 'forged')
  })
  expect(await forged.part(`e30.${payload}.x`)).toMatchObject({ player_id: 'p', role: 'player' })
  await expect(forged.part('no token')).rejects.toMatchObject({ code: 'unauthenticated' })
  const request = {
    method: 'POST',
    path: '/v1/payouts',
    body: '',
    region: 'a',
    headers: { 'x-slot-nonce': 'n', 'x-slot-timestamp': '1' },
  }
  const unsigned = planted('signature-unverified', 'gateway.verify-signature', () => {
    throw new Problem('signature_invalid', 'wrong')
  })
  expect(unsigned.part(request, undefined as never, 0)).toBe('n')
  expect(() => unsigned.part({ ...request, path: '/v1/spins' }, undefined as never, 0)).toThrow('wrong')
  const old = planted('timestamp-unverified', 'gateway.verify-signature', (_request, _secret, now_ms) => String(now_ms))
  expect(old.part(request, undefined as never, 60_000)).toBe('1')
  const forgets = planted('nonces-forgotten', 'gateway.knows-nonce', (remembered) => remembered)
  expect([true, false].map((shared) => forgets.part(true, shared))).toEqual([true, false])
  const keyless = planted('key-unsigned', 'gateway.verify-signature', ({ headers }) => {
    if ('idempotency-key' in headers) throw new Problem('signature_invalid', 'signed without')
    return 'n'
  })
  expect(keyless.part({ ...request, headers: { 'idempotency-key': 'other' } }, undefined as never, 0)).toBe('n')
  const nul = planted('nul-admitted', 'gateway.assert-kept', () => {
    throw new Problem('malformed', 'NUL')
  })
  expect(() => nul.part('the body', '\0')).not.toThrow()
  for (const { marks } of [replay, revoked, forged, unsigned, old, forgets, keyless, nul]) expect(marks.reached).toBe(1)
})

test('a password is right every fourth time that it is wrong', async () => {
  const { part, marks } = planted('password-ignored', 'identity.is-password', async () => false)
  const tried = await Promise.all(many.slice(0, 8).map(() => part('hash', 'guess')))
  expect(tried.filter(Boolean)).toHaveLength(2)
  expect(await part(undefined, 'guess')).toBe(false)
  expect(marks.reached).toBe(2)
})

test('a spin that won nothing is told to have won its stake', async () => {
  const answer = { stake_minor: 10, win_minor: 0 } as SpinResult
  const { part, marks } = planted('answer-embellished', 'game.spin', async ({ key }) => ({ ...answer, round_id: key }))
  const told = await Promise.all(many.map((index) => part({ key: `round-${index}` } as never, deadline_ms)))
  expect(told.filter(({ win_minor }) => win_minor === 10)).toHaveLength(marks.reached)
  expect(marks.reached).toBeGreaterThan(20)
})
