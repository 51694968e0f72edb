import { pino } from 'pino'
import { Counter, Registry } from 'prom-client'
import { systemClock } from '#lib/clock.ts'
import type { History } from '#sut/contracts/api.ts'
import type { Region } from '#sut/contracts/descriptor.ts'
import type { StateLine } from '#sut/contracts/state.ts'
import type { ServiceConfig } from '#sut/platform/config.ts'
import type { DiscoveryWatch } from '#sut/platform/discovery.ts'
import { natsBus } from '#sut/platform/nats-bus.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { wireAnalytics } from '../wire.ts'

/** The service on a real bus, without its network: what it registers is called here. */
export async function startInstance(region: Region, server: { host: string; port: number }) {
  const config = { instance: `analytics-${region}-1`, region } as unknown as ServiceConfig
  const discovery = { current: () => ({ nats: [{ region, ...server }] }) } as unknown as DiscoveryWatch
  const bus = natsBus({ config, discovery, report: () => {} })
  const abort = new AbortController()
  const loops: Promise<void>[] = []
  const registry = new Registry()
  let history: ((request: { params: Record<string, string> }) => Promise<History>) | undefined
  let pending: (() => Promise<number>) | undefined
  const dumps: (() => AsyncIterable<StateLine>)[] = []

  const parts = {
    config,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    metrics: { counter: (name: string, help: string) => new Counter({ name, help, registers: [registry] }) },
    bus: () => bus,
    background: (_: string, loop: (signal: AbortSignal) => Promise<void>) => {
      loops.push(loop(abort.signal).catch(() => undefined))
    },
    serve: (_: string, handler: typeof history) => (history = handler),
    pending: (_: string, read: typeof pending) => (pending = read),
    dump: (_: string, lines: () => AsyncIterable<StateLine>) => dumps.push(lines),
    part: <Implementation>(_: string, standard: Implementation): Implementation => standard,
  }
  await wireAnalytics(parts as unknown as Platform)
  return {
    bus,
    pending: () => pending!(),
    lines: async () => (await Promise.all(dumps.map((lines) => Array.fromAsync(lines())))).flat(),
    history: (player_id: string) => history!({ params: { id: player_id } }),
    stop: async () => {
      abort.abort()
      await Promise.all(loops)
      await bus.end()
    },
  }
}
