import exec from 'k6/execution'
import { setTimeout } from 'k6/timers'
import type { Journey } from '../journeys/journey.ts'
import { journeys } from '../registry.ts'
import { per1000s, scheduleDuration_s } from '../schedule.ts'
import { measureClockOffset_ms, wallClock_ms } from './clock.ts'
import type { Tools } from './operation.ts'
import type { Account } from './account.ts'
import type { Context } from './client.ts'
import { askGames, gameFor, onboard, reveal } from './onboard.ts'
import { playerOf, type Player } from './player.ts'
import { settingsVariable, type LoadSettings } from './settings.ts'
import { proven } from './sign.ts'
import { operationTrace } from './trace.ts'

// The k6 program: setup brings all players in, then arrivals come as the schedule says, each to a player who is free.

const settings = JSON.parse(__ENV[settingsVariable] ?? '{}') as LoadSettings
const { stages, players } = settings
const journeyOf = (number: number): Journey => {
  const journey = journeys[settings.journeys[number] ?? '']
  if (journey === undefined) throw new Error(`player ${number} has no journey`)
  return journey
}
const total_s = scheduleDuration_s(stages)

export const options = {
  scenarios: {
    load: {
      executor: 'ramping-arrival-rate',
      exec: 'arrive',
      // One VU is one player, so the operations of a player follow one another; with all of them busy an arrival is dropped.
      preAllocatedVUs: players,
      maxVUs: players,
      timeUnit: '1000s',
      startRate: per1000s(stages[0]?.from_per_s ?? 0),
      stages: stages.flatMap(({ duration_s, from_per_s, to_per_s }, index) => [
        ...(index > 0 && stages[index - 1]?.to_per_s !== from_per_s
          ? [{ duration: '0s', target: per1000s(from_per_s) }]
          : []),
        { duration: `${Math.round(duration_s * 1000)}ms`, target: per1000s(to_per_s) },
      ]),
      gracefulStop: '20s',
    },
    // Stopping k6 from outside cuts iterations off in the middle. So the harness first gives this idle scenario a VU, which
    // is the one thing that all VUs can see of each other: from then on arrivals do nothing, and what runs ends by itself.
    stop: { executor: 'externally-controlled', exec: 'never', vus: 0, maxVUs: 0, duration: `${Math.ceil(total_s)}s` },
  },
  setupTimeout: '180s',
  teardownTimeout: '30s',
  noCookiesReset: true,
  systemTags: [],
  userAgent: 'slot-chaos',
}

interface SetupData {
  clock_offset_ms: number
  accounts: Account[]
}

export async function setup(): Promise<SetupData> {
  const clock_offset_ms = measureClockOffset_ms()
  const context = contextOf(clock_offset_ms)
  const games = await askGames(journeyOf(0), context)
  const accounts: Account[] = []
  await forEach(players, async (number) => {
    accounts[number] = await onboard(number, gameFor(number, games, settings.seed), journeyOf(number), context)
  })
  return { clock_offset_ms, accounts }
}

/** Also after a stop: the seeds of all players are revealed. */
export async function teardown({ clock_offset_ms, accounts }: SetupData): Promise<void> {
  // k6 does not tell its run time here; whole milliseconds will do.
  const context = contextOf(clock_offset_ms, () => Date.now())
  const all = accounts.flatMap((account) => [account, ...(account.victim === undefined ? [] : [account.victim])])
  await forEach(all.length, (index) => reveal(all[index]!, journeyOf(all[index]!.number), context))
}

/** A few at the same time. */
async function forEach(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: settings.client.onboarding_concurrency }, worker))
}

let player: Player | undefined
let context: Context | undefined

export async function arrive(data: SetupData): Promise<void> {
  const { iterationInTest, startTime } = exec.scenario
  context ??= contextOf(data.clock_offset_ms)
  const { tools } = context
  if (iterationInTest === 0) tools.write({ t: 'start', at: startTime })
  if (exec.instance.vusInitialized > players) {
    tools.write({ t: 'skip', i: iterationInTest, s: tools.now_ms() })
    return
  }
  // VUs are numbered from 1, and only those of this scenario exist before the stop.
  const number = exec.vu.idInTest - 1
  player ??= playerOf(data.accounts[number]!, journeyOf(number), context)
  await player.arrive(iterationInTest)
}

export function never(): void {
  throw new Error('the VU of the stop scenario has nothing to do')
}

export function handleSummary(data: {
  metrics: Record<string, { values: Record<string, number> }>
}): Record<string, string> {
  const count = (metric: string): number => data.metrics[metric]?.values['count'] ?? 0
  const counts = { iterations: count('iterations'), dropped: count('dropped_iterations') }
  return { [settings.summary_file]: JSON.stringify(counts) }
}

function contextOf(clock_offset_ms: number, now_ms = () => wallClock_ms(clock_offset_ms)): Context {
  const { seed, run_id } = settings
  const tools: Tools = {
    run_id,
    policy: settings.client,
    now_ms,
    // timer: the back-off between two attempts, of which there are at most `attempts_max`
    delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    trace: (operation_id) =>
      proven(operationTrace(seed, run_id, settings.client.trace_share, operation_id), settings.trace_key),
    write: (line) => console.log(JSON.stringify(line)),
  }
  return { seed, gateways: settings.gateways, operator: settings.operator, tools }
}
