import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { Failure } from '#lib/errors.ts'
import { newId } from '#lib/random.ts'
import type { RunFile } from '#reports/record/format.ts'
import { faults } from '../faults/registry.ts'
import { injectOnce } from './inject-once.ts'
import { expectAllReverted, journalOf } from './memory-run.ts'
import { memoryWorld, type MemoryWorld } from './memory-target.ts'

const parent = mkdtempSync(join(tmpdir(), 'inject-once-'))
afterAll(() => rmSync(parent, { recursive: true, force: true }))

async function injected(deed: (world: MemoryWorld, lost: AbortController, stop: AbortController) => void) {
  const [lost, stop] = [new AbortController(), new AbortController()]
  const world = memoryWorld({ lost: lost.signal })
  const system = await world.target.connect('memory-1')
  const folder = join(parent, newId())
  const parameters = { from: 'game', to: 'wallet', latency_ms: 50, jitter_ms: 0, delays: 'answers' }
  const fault = faults['link-latency']!
  const about = { system, target: 'memory', design: 'standard', fault, parameters, seed: '1', folder, id: 'inject' }
  let held = false
  const error = await injectOnce(
    { ...about, hold_s: 2 },
    {
      clock: systemClock,
      signal: stop.signal,
      progress: (event) => {
        if (held || event.kind !== 'status') return
        held = true
        deed(world, lost, stop)
      },
    },
  ).catch((failed: unknown) => failed)
  const { outcome } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as RunFile
  expectAllReverted(journalOf(folder))
  expect(world.left()).toEqual([])
  return { error, outcome }
}

test('a fault that was held says so; one that is ended by Ctrl-C is reverted', async () => {
  expect(await injected(() => undefined)).toMatchObject({ error: undefined, outcome: { state: 'completed' } })
  expect((await injected((_, __, stop) => stop.abort())).outcome?.state).toBe('aborted')
})

test('a fault that somebody else undid is no success', { timeout: 10_000 }, async () => {
  const { error, outcome } = await injected((world) => world.undoFromOutside('toxic'))
  expect(error).toMatchObject({ code: 'FAULT_STOPPED_BITING' })
  expect(outcome).toMatchObject({ state: 'failed', text: expect.stringContaining('is not on') })
})

test('a harness that was stopped for longer than its lease does not say that the fault was held', async () => {
  const expired = new Failure('LEASE_EXPIRED', 'the harness was not heard for 18.0 s')
  const { error, outcome } = await injected((_, lost) => lost.abort(expired))
  expect(error).toBe(expired)
  expect(outcome).toMatchObject({ state: 'failed', text: 'the harness was not heard for 18.0 s' })
})
