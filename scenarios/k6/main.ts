import exec from 'k6/execution'
import { setTimeout } from 'k6/timers'
import { journeys } from '../registry.ts'
import { per1000s, scheduleDuration_s } from '../schedule.ts'
import { measureClockOffset_ms, wallClock_ms } from './clock.ts'
import type { Tools } from './operation.ts'
import { askGames, gameFor, onboard, playerOf, type Account, type Context, type Player } from './player.ts'
import { settingsVariable, type LoadSettings } from './settings.ts'
import { operationTrace } from './trace.ts'

// The k6 program: setup brings all players in, then arrivals come as the schedule says, each to a player who is free.

const settings = JSON.parse(__ENV[settingsVariable] ?? '{}') as LoadSettings
const journey = journeys[settings.journey]
if (journey === undefined) throw new Error(`no journey ${settings.journey}`)
const { stages, players } = settings
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
  const games = await askGames(context)
  const accounts: Account[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < players) {
      const number = next++
      accounts[number] = await onboard(number, gameFor(number, games, settings.seed), context)
    }
  }
  await Promise.all(Array.from({ length: settings.client.onboarding_concurrency }, worker))
  return { clock_offset_ms, accounts }
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
  player ??= playerOf(data.accounts[exec.vu.idInTest - 1]!, context)
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

function contextOf(clock_offset_ms: number): Context {
  const { seed, run_id } = settings
  const tools: Tools = {
    run_id,
    policy: settings.client,
    now_ms: () => wallClock_ms(clock_offset_ms),
    // timer: the back-off between two attempts, of which there are at most `attempts_max`
    delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    trace: (operation_id) => operationTrace(seed, run_id, settings.client.trace_share, operation_id),
    write: (line) => console.log(JSON.stringify(line)),
  }
  return { seed, journey: journey!, gateways: settings.gateways, tools }
}
