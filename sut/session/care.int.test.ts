import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId, random } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import type { RoundEnded, SystemEvent } from '#sut/contracts/events.ts'
import type { BusMessage } from '#sut/platform/bus.ts'
import { raise_after_ms } from './care.ts'
import { settler } from './settler.ts'
import { startSessions, type SessionFixture } from './testing/fixture.ts'

let fixture: SessionFixture
beforeAll(async () => {
  fixture = await startSessions()
})
afterAll(() => fixture[Symbol.asyncDispose]())

const refusal = (code: string): unknown => expect.objectContaining({ code })
const stakeOf = (player_id: string, stake_minor: number, round_id = newId()) => ({ player_id, round_id, stake_minor })

interface Told {
  round_id: string
  player_id: string
  status: RoundEnded['status']
  win_minor: number
}
/** Hands the ends of rounds to the settler, as the bus does it. */
async function tell(...ends: Told[]): Promise<void> {
  let acknowledged = 0
  const messages = ends.map((end, sequence): BusMessage => ({
    event: {
      ...end,
      type: 'game.round_ended',
      id: `round:${end.round_id}`,
      occurred_at_ms: Date.UTC(2026, 10, 25),
      game_id: 'fruits',
      stake_minor: 1,
    },
    sequence,
    redelivered: false,
    ack: () => acknowledged++,
    nak: () => {},
  }))
  await settler(fixture.store)(messages)
  expect(acknowledged).toBe(ends.length)
}
const lost = async (player_id: string): Promise<number> =>
  (await fixture.instance().care.show(player_id)).lost_today_minor

async function eventsOf(player_id: string): Promise<SystemEvent[]> {
  const rows = await fixture.database.query<{ body: SystemEvent }>(
    `select body from outbox where player_id = $1 and type <> 'session.opened' order by id`,
    [player_id],
  )
  return rows.map(({ body }) => body)
}

describe('a loss limit', () => {
  test('holds when 64 stakes come at once, at two instances', async () => {
    const player = newId()
    const [one, two] = [fixture.instance(), fixture.instance()]
    await one.care.setLimit(player, 1_050)
    const stakes = Array.from({ length: 64 }, () => stakeOf(player, 100))
    const results = await Promise.allSettled(stakes.map((stake, at) => (at % 2 === 0 ? one : two).care.reserve(stake)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toEqual(refusal('loss_limit_reached'))
    expect(await lost(player)).toBe(1_000)
    expect(await one.care.reserve(stakeOf(player, 50))).toEqual({ reserved: true })
  })

  test('holds when stakes meet between the look and the count', async () => {
    const player = newId()
    const { care } = fixture.instance()
    await care.setLimit(player, 200)
    await care.reserve(stakeOf(player, 100))
    let results: Promise<PromiseSettledResult<unknown>[]> | undefined
    await fixture.database.transaction(async (tx) => {
      // Whoever has looked waits here with the count.
      await tx.query('select from play_days where player_id = $1 for update', [player])
      results = Promise.allSettled(Array.from({ length: 5 }, () => care.reserve(stakeOf(player, 100))))
      const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      await waitFor(async () => (await tx.query(waiting)).length === 5, { what: 'all stakes to wait', limit_ms: 5_000 })
    })
    expect((await results!).filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await lost(player)).toBe(200)
  })

  test('counts a round once, however often it is asked for, also at once', async () => {
    const player = newId()
    const { care } = fixture.instance()
    await care.setLimit(player, 100)
    const stake = stakeOf(player, 60)
    const answers = await Promise.all(Array.from({ length: 16 }, () => care.reserve(stake)))
    expect(answers).toEqual(Array.from({ length: 16 }, () => ({ reserved: true })))
    expect(await lost(player)).toBe(60)
  })

  test('gets back what a round wins, or the stake of a cancelled one; each once', async () => {
    const player = newId()
    const { care } = fixture.instance()
    await care.setLimit(player, 100)
    const [won, cancelled] = [stakeOf(player, 60), stakeOf(player, 40)]
    await care.reserve(won)
    await care.reserve(cancelled)
    await expect(care.reserve(stakeOf(player, 1))).rejects.toEqual(refusal('loss_limit_reached'))
    const win: Told = { ...won, status: 'completed', win_minor: 25 }
    await tell(win, win)
    await tell(win)
    expect(await lost(player)).toBe(75)
    const cancel: Told = { ...cancelled, status: 'cancelled', win_minor: 0 }
    await Promise.all([tell(cancel), tell(cancel), tell(cancel)])
    expect(await lost(player)).toBe(35)
    expect(await care.reserve(stakeOf(player, 65))).toEqual({ reserved: true })
    await expect(care.reserve(stakeOf(player, 1))).rejects.toEqual(refusal('loss_limit_reached'))
  })

  test('a stake that comes after the end of its round counts nothing and is refused', async () => {
    const player = newId()
    const { care } = fixture.instance()
    await care.setLimit(player, 100)
    const late = stakeOf(player, 60)
    await tell({ ...late, status: 'cancelled', win_minor: 0 })
    await expect(care.reserve(late)).rejects.toEqual(refusal('round_cancelled'))
    expect(await lost(player)).toBe(0)
  })

  test('of nobody: nothing is counted, nothing is stored', async () => {
    const player = newId()
    const stake = stakeOf(player, 60)
    expect(await fixture.instance().care.reserve(stake)).toEqual({ reserved: false })
    await tell({ ...stake, status: 'completed', win_minor: 5 })
    const tables = ['care', 'play_days', 'reservations']
    for (const table of tables)
      expect(await fixture.database.query(`select from ${table} where player_id = $1`, [player])).toEqual([])
  })

  test('begins anew with the day, and what an old round wins stays with its day', async () => {
    const player = newId()
    let later_ms = 0
    const { care } = fixture.instance(() => later_ms)
    await care.setLimit(player, 100)
    const old = stakeOf(player, 100)
    await care.reserve(old)
    later_ms = 24 * 3_600_000
    expect((await care.show(player)).lost_today_minor).toBe(0)
    await tell({ ...old, status: 'completed', win_minor: 90 })
    await care.reserve(stakeOf(player, 100))
    await expect(care.reserve(stakeOf(player, 1))).rejects.toEqual(refusal('loss_limit_reached'))
    expect(await lost(player)).toBe(10)
  })

  test('keeps the days of a week; an end that comes later gives nothing back', async () => {
    const player = newId()
    let days = 0
    const { care } = fixture.instance(() => days * 24 * 3_600_000)
    const kept = async () =>
      (await fixture.database.query('select from reservations where player_id = $1', [player])).length
    await care.setLimit(player, 100)
    const old = stakeOf(player, 100)
    await care.reserve(old)
    days = 7
    await care.reserve(stakeOf(player, 60))
    expect(await kept()).toBe(2)
    days = 8
    await care.reserve(stakeOf(player, 70))
    expect(await kept()).toBe(2)
    await tell({ ...old, status: 'completed', win_minor: 90 })
    expect((await care.show(player)).lost_today_minor).toBe(70)
  })

  test('is raised a day later, lowered at once, and each change leaves with its event', async () => {
    const player = newId()
    let later_ms = 0
    const { care } = fixture.instance(() => later_ms)
    await care.setLimit(player, 100)
    const raised = await care.setLimit(player, 500)
    expect(raised).toMatchObject({ daily_loss_max_minor: 100, pending: { daily_loss_max_minor: 500 } })
    expect(await care.setLimit(player, 500)).toEqual(raised)
    await expect(care.reserve(stakeOf(player, 101))).rejects.toEqual(refusal('loss_limit_reached'))
    later_ms = raise_after_ms
    expect(await care.show(player)).toMatchObject({ daily_loss_max_minor: 500, pending: null })
    await care.reserve(stakeOf(player, 500))
    expect(await care.setLimit(player, 200)).toMatchObject({ daily_loss_max_minor: 200, lost_today_minor: 500 })
    await care.setLimit(player, null)
    later_ms = 2 * raise_after_ms
    expect(await care.reserve(stakeOf(player, 1_000_000))).toEqual({ reserved: false })

    const events = (await eventsOf(player)).filter((event) => event.type === 'limit.changed')
    expect(events.map(({ daily_loss_max_minor }) => daily_loss_max_minor)).toEqual([100, 500, 200, null])
    const waits = events.map(({ effective_at_ms, occurred_at_ms }) => effective_at_ms - occurred_at_ms)
    expect(waits).toEqual([0, raise_after_ms, 0, raise_after_ms])
  })

  test('under stakes, ends, late ends and repetitions in any order: the sum fits, and was never above it', async () => {
    const choose = random('any order')
    const player = newId()
    const { care } = fixture.instance()
    await care.setLimit(player, 1_000)
    const counted = new Map<string, number>()
    const ends: Told[] = []
    const round = async (): Promise<void> => {
      const stake = stakeOf(player, 1 + choose.integer(200))
      const reserved = await care.reserve(stake).catch((error: unknown) => {
        expect(error).toEqual(refusal('loss_limit_reached'))
      })
      if (reserved === undefined) return
      counted.set(stake.round_id, stake.stake_minor)
      const end: Told =
        choose.next() < 0.3
          ? { ...stake, status: 'cancelled', win_minor: 0 }
          : { ...stake, status: 'completed', win_minor: choose.integer(2) * choose.integer(300) }
      ends.push(end)
      if (choose.next() < 0.2) return
      await tell(end)
      if (choose.next() < 0.5) await tell(choose.pick(ends))
    }
    const told = async (): Promise<void> => {
      for (let times = 0; times < 20; times++) expect(await lost(player)).toBeLessThanOrEqual(1_000)
    }
    for (let wave = 0; wave < 4; wave++) await Promise.all([...Array.from({ length: 40 }, round), told()])
    await tell(...ends)
    const expected = ends.reduce((sum, { round_id, status, win_minor }) => {
      return sum + (status === 'cancelled' ? 0 : counted.get(round_id)! - win_minor)
    }, 0)
    expect(ends.length).toBeGreaterThan(20)
    expect(await lost(player)).toBe(expected)
  })
})

describe('what a player changes', () => {
  test('counts at once, at every instance', async () => {
    const player = newId()
    const [here, there] = [fixture.instance(), fixture.instance()]
    const stake = { player_id: player, stake_minor: 1 }
    const { session_id } = await here.sessions.open({ player_id: player, game_id: 'fruits' }, 0)
    for (const { sessions } of [here, there])
      expect(await sessions.check(session_id, stake)).toEqual({ game_id: 'fruits', reserve: false })
    await here.care.setLimit(player, 100)
    expect(await here.sessions.check(session_id, stake)).toMatchObject({ reserve: true })
    expect(await there.sessions.check(session_id, stake)).toMatchObject({ reserve: true })
  })

  test('an exclusion refuses sessions, stakes, reservations and deposits; it is never shortened', async () => {
    const player = newId()
    let later_ms = 0
    const { sessions, care } = fixture.instance(() => later_ms)
    const stake = { player_id: player, stake_minor: 1 }
    const { session_id } = await sessions.open({ player_id: player, game_id: 'fruits' }, 0)
    await sessions.check(session_id, stake)
    expect(await care.admitDeposit(player)).toEqual({ admitted: true })
    const { excluded_until_ms } = await care.exclude(player, 30)
    expect(await care.exclude(player, 1)).toEqual({ excluded_until_ms })
    await expect(sessions.check(session_id, stake)).rejects.toEqual(refusal('self_excluded'))
    await care.setLimit(player, 0)
    expect(await care.show(player)).toMatchObject({ excluded_until_ms })

    const attempts = [
      () => sessions.open({ player_id: player, game_id: 'fruits' }, 0),
      () => sessions.check(session_id, stake),
      () => care.reserve(stakeOf(player, 1)),
      () => care.admitDeposit(player),
    ]
    for (const attempt of attempts) await expect(attempt()).rejects.toEqual(refusal('self_excluded'))
    later_ms = 31 * 24 * 3_600_000
    expect(await care.admitDeposit(player)).toEqual({ admitted: true })
    expect((await sessions.open({ player_id: player, game_id: 'fruits' }, 0)).game_id).toBe('fruits')
    const events = (await eventsOf(player)).filter((event) => event.type === 'player.excluded')
    expect(events.map(({ until_ms }) => until_ms)).toEqual([excluded_until_ms, excluded_until_ms])
  })

  test('an exclusion also stops a round whose stake was reserved before it', async () => {
    const player = newId()
    const { care } = fixture.instance()
    await care.setLimit(player, 100)
    const stake = stakeOf(player, 60)
    await care.reserve(stake)
    await care.exclude(player, 1)
    await expect(care.reserve(stake)).rejects.toEqual(refusal('self_excluded'))
    await tell({ ...stake, status: 'cancelled', win_minor: 0 })
    expect(await lost(player)).toBe(0)
  })

  test('a reality check holds the stakes of a session until it is acknowledged, here or elsewhere', async () => {
    const player = newId()
    let later_ms = 0
    const [here, there] = [fixture.instance(() => later_ms), fixture.instance(() => later_ms)]
    const stake = { player_id: player, stake_minor: 1 }
    const { session_id } = await here.sessions.open({ player_id: player, game_id: 'fruits' }, 0)
    const check = (instance: typeof here) => instance.sessions.check(session_id, stake)
    await check(here)
    later_ms = 3_600_000
    for (const instance of [here, there]) await expect(check(instance)).rejects.toEqual(refusal('reality_check_due'))
    await expect(here.sessions.acknowledge(session_id, newId())).rejects.toEqual(refusal('forbidden'))
    const shown = await here.sessions.acknowledge(session_id, player)
    expect(shown.played_ms).toBeGreaterThanOrEqual(3_600_000)
    const away_ms = shown.next_check_at_ms - later_ms - systemClock.wall_ms()
    expect(Math.abs(away_ms - 3_600_000)).toBeLessThan(5_000)
    for (const instance of [here, there]) expect(await check(instance)).toMatchObject({ game_id: 'fruits' })
    later_ms = 2 * 3_600_000 + 1_000
    await expect(check(there)).rejects.toEqual(refusal('reality_check_due'))
    later_ms = 13 * 3_600_000
    await expect(here.sessions.acknowledge(session_id, player)).rejects.toEqual(refusal('session_ended'))
  })
})
