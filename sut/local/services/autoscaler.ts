import { textOf } from '#lib/errors.ts'
import { pause } from '#lib/wait.ts'
import type { ServiceDescriptor } from '#sut/contracts/descriptor.ts'
import type { SystemContext } from '../context.ts'
import { type Readings, type Recommendation, decideScaling } from '../hpa.ts'
import type { Fleet } from './fleet.ts'
import type { Instance } from './instance.ts'
import { type LoadReading, ratesBetween } from '#sut/deployment/load.ts'

type Scaled = ServiceDescriptor & { scaling: NonNullable<ServiceDescriptor['scaling']> }

/** Scales each service that has bounds, in each region that is up, every `hpa_sync_ms` until the system ends. */
export async function autoscale(
  context: SystemContext,
  fleet: Fleet,
  isUp: (region: string) => boolean,
): Promise<void> {
  const { request, settings, ending, observe } = context
  const { services, regions } = request.descriptor
  const scaled = services.filter((service): service is Scaled => service.scaling !== undefined)
  const scalers = scaled.flatMap((service) => regions.map((region) => createScaler(context, fleet, service, region)))
  while (!ending.aborted) {
    await pause(settings.hpa_sync_ms, ending).catch(() => undefined)
    if (ending.aborted) return
    const failed = (name: string) => (error: unknown) =>
      observe.event('scaling-failed', name, { detail: textOf(error) })
    const up = scalers.filter(({ region }) => isUp(region))
    await Promise.all(up.map(({ turn, name }) => turn().catch(failed(name))))
  }
}

function createScaler(context: SystemContext, fleet: Fleet, service: Scaled, region: string) {
  const { settings, clock, observe } = context
  const { scaling, name } = service
  let history: Recommendation[] = []
  let before = new Map<Instance, LoadReading>()

  const turn = async (): Promise<void> => {
    const replicas = fleet.replicas(name, region)
    const ready = replicas.filter((instance) => instance.ready())
    const readings = await Promise.all(ready.map(async (instance) => ({ instance, reading: await instance.read() })))
    const seen = readings.flatMap(({ instance, reading }) => (reading === null ? [] : [{ instance, reading }]))
    // Only a whole period counts: what a process used before it was ready is not its load.
    const counted = seen.flatMap(({ instance, reading }) => {
      const earlier = before.get(instance)
      return earlier?.pid === reading.pid ? [readingsOf(earlier, reading, scaling.cpu_request_millicores)] : []
    })
    before = new Map(seen.map(({ instance, reading }) => [instance, reading]))
    if (counted.length === 0) return
    const view = { now_ms: clock.monotonic_ms(), replicas: replicas.length, ready: counted, history, ...scaling }
    const decision = decideScaling(view, settings)
    history = decision.history
    if (decision.replicas === replicas.length) return
    const { signal, value, target } = decision
    observe.scaling({ service: name, region, from: replicas.length, to: decision.replicas, signal, value, target })
    await fleet.scale(name, region, decision.replicas)
  }
  return { turn, region, name: `${name}-${region}` }
}

function readingsOf(earlier: LoadReading, later: LoadReading, cpu_request_millicores: number): Readings {
  const rates = ratesBetween(earlier, later)
  return {
    cpu_percent: (rates.cpu_millicores / cpu_request_millicores) * 100,
    requests_per_s: rates.requests_per_s,
    queue_depth: rates.queue_depth,
    latency_p95_ms: rates.latency_p95_ms,
  }
}
