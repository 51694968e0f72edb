import { afterAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { Failure } from '#lib/errors.ts'
import { pause } from '#lib/wait.ts'
import { injectionsOf } from '#reports/record/record.ts'
import type { JournalLine } from '#reports/record/format.ts'
import type { Experiment } from '../experiments/experiment.ts'
import { startHolds } from './hold.ts'
import type { Injection } from './injection.ts'
import { expectAllReverted, forget, journalOf, play, small, statesOf } from './memory-run.ts'
import type { MemoryWorld } from './memory-target.ts'

afterAll(forget)

const latency = (hold_s: number) => ({ ...small.faults[0]!, hold_s })
const outage = (hold_s: number) => ({ ...small.faults[1]!, hold_s })
const once = (...faults: Experiment['faults']): Experiment => ({ ...small, trials: 1, faults })

/** Does something once, as soon as the faults are held. */
function whileHeld(deed: (world: MemoryWorld) => void) {
  let done = false
  return ({ kind, ...event }: { kind: string; text?: string }, _: unknown, world: MemoryWorld): void => {
    if (done || kind !== 'status' || event.text?.includes('holding') !== true) return
    done = true
    deed(world)
  }
}

const held_ms = (journal: JournalLine[]): number[] =>
  injectionsOf(journal).map(({ at_ms }) => at_ms.reverting! - at_ms.effective!)

test('each fault is held for as long as it says, and reverted at its own end', async () => {
  const { journal, finished } = await play({ experiment: once(latency(0.1), outage(2.5), latency(0.5)) })
  expect(finished.outcome.state).toBe('completed')
  const held = held_ms(journal)
  for (const [index, wanted_ms] of [100, 2500, 500].entries()) expect(held[index]).toBeGreaterThanOrEqual(wanted_ms - 5)
  // Far from the longest, also on a machine that is busy.
  for (const index of [0, 2]) expect(held[index]).toBeLessThan(2000)
  const reverted = statesOf(journal).filter((state) => state.endsWith('reverted'))
  expect(reverted).toEqual(['1 link-latency reverted', '1 link-latency reverted', '1 region-outage reverted'])
  expectAllReverted(journal)
})

test('a fault ends while a later one is still being put on', async () => {
  const { journal } = await play({
    experiment: once(latency(0.05), outage(0.05)),
    before: async (operation) => {
      if (operation.startsWith('stopRegion')) await pause(1500) // a region takes its time to stop
    },
  })
  const states = statesOf(journal)
  expect(states.indexOf('1 link-latency reverted')).toBeLessThan(states.indexOf('1 region-outage effective'))
  expect(held_ms(journal)[0]).toBeLessThan(1000)
})

test('faults that end together are reverted in the opposite order', async () => {
  const reverted: string[] = []
  const injection = (name: string): Injection => ({
    targets: [],
    evidence: '',
    proof_ms: 0,
    cover: async () => {},
    prove: async () => 0,
    revert: async () => void reverted.push(name),
  })
  const signal = new AbortController().signal
  await using holds = startHolds({ clock: systemClock, signal, look_every_ms: 60_000 })
  for (const name of ['first', 'second', 'third']) holds.add(injection(name), 0.02)
  await holds.ended()
  expect(reverted).toEqual(['third', 'second', 'first'])
})

test('a fault is proved again and again while it is held, and just before its revert', async () => {
  const { journal } = await play({ experiment: once(latency(1.2), outage(1.2)) })
  for (const fault of ['link-latency', 'region-outage']) {
    const lines = journal.filter((line) => line.kind === 'fault').filter((line) => line.fault === fault)
    const proofs = lines.filter(({ state }) => state === 'proved')
    expect(proofs.length).toBeGreaterThanOrEqual(4)
    for (const { evidence } of proofs) expect(evidence).not.toBe('')
    const reverting = lines.find(({ state }) => state === 'reverting')!
    expect(reverting.at_ms - proofs.at(-1)!.at_ms).toBeLessThan(600)
  }
})

test.each([
  ['toxic', 'link-latency', latency(20), /latency-\d+ is not on game-a>wallet-a-1 any more/],
  ['stopped', 'region-outage', outage(20), /in region a run wallet-a-1/],
])(
  '%s undone by somebody else: the run ends at once and says so',
  { timeout: 20_000 },
  async (kind, name, use, text) => {
    const progress = whileHeld((world) => world.undoFromOutside(kind))
    const { finished, journal, operations, left } = await play({ experiment: once(use), progress })
    expect(finished).toMatchObject({ outcome: { state: 'failed' }, error: { code: 'FAULT_STOPPED_BITING' } })
    expect(finished.outcome.text).toMatch(text)
    expect(injectionsOf(journal)).toMatchObject([{ fault: name, lost: expect.stringMatching(text) }])
    expectAllReverted(journal)
    expect(operations).toContain('dump')
    expect(left).toEqual([])
  },
)

test('a proof that cannot be made counts as none', { timeout: 20_000 }, async () => {
  const world: { current?: MemoryWorld } = {}
  const progress = whileHeld((one) => (world.current = one))
  const { finished, journal } = await play({
    experiment: once(outage(20)),
    progress,
    before: (operation) => {
      if (operation === 'runningIn a' && world.current !== undefined) throw new Error('nobody answers')
    },
  })
  expect(finished.error).toMatchObject({ code: 'FAULT_STOPPED_BITING' })
  expect(injectionsOf(journal)[0]!.lost).toBe('it could not be seen whether it bites: nobody answers')
})

test('instances that join while a link is broken get the fault too, their undo on disk first', async () => {
  const seen: string[] = []
  const { finished, journal, operations, left } = await play({
    experiment: once(latency(0.3)),
    progress: whileHeld((world) => (world.replicas = 3)),
    before: (operation, { folder }) => {
      const link = /^addToxic (\S+-[23]) /.exec(operation)?.[1]
      if (link === undefined) return
      const joined = journalOf(folder).findLast((line) => line.kind === 'fault')
      expect(joined).toMatchObject({ state: 'joined' })
      expect(JSON.stringify(joined?.kind === 'fault' && joined.undo)).toContain(link)
      seen.push(link)
    },
  })
  expect(finished.outcome.state).toBe('completed')
  const joined = ['game-a>wallet-a-2', 'game-a>wallet-a-3', 'game-b>wallet-b-2', 'game-b>wallet-b-3']
  expect(seen.toSorted()).toEqual(joined)
  expect(injectionsOf(journal)[0]!.targets.toSorted()).toEqual(
    ['game-a>wallet-a-1', ...joined, 'game-b>wallet-b-1'].toSorted(),
  )
  const proofs = journal.flatMap((line) => (line.kind === 'fault' && line.state === 'proved' ? [line.evidence] : []))
  for (const link of joined) {
    expect(proofs.at(-1)).toContain(link)
    expect(operations).toContain(`removeToxic ${link}`)
  }
  expect(left).toEqual([])
})

test('a target that took the harness for dead ends the run, by name', async () => {
  const lost = new AbortController()
  const progress = whileHeld(() => lost.abort(new Failure('LEASE_EXPIRED', 'the harness was not heard for 18.0 s')))
  const { finished, journal } = await play({ experiment: once(outage(20)), progress, lost: lost.signal })
  expect(finished).toMatchObject({ outcome: { state: 'failed' }, error: { code: 'LEASE_EXPIRED' } })
  expect(journal).toContainEqual(expect.objectContaining({ kind: 'note', code: 'lease-expired' }))
  expectAllReverted(journal)
})
