import { Type, type Static } from 'typebox'
import type { Fault } from './fault.ts'
import { addToxics, checkLink, linkParameters, planLinks, provenOnLinks, removeToxics, selectorOf } from './link.ts'

const parameters = Type.Object(
  {
    ...linkParameters,
    latency_ms: Type.Number({ minimum: 1, maximum: 60_000, description: 'added to each answer, or request' }),
    jitter_ms: Type.Number({ minimum: 0, maximum: 60_000, default: 0, description: 'plus or minus, uniform' }),
    delays: Type.Enum(['answers', 'requests'], {
      default: 'answers',
      description: 'which way is slow; a request that is late can arrive after its caller has given up',
    }),
  },
  { additionalProperties: false },
)

/** Answers, or requests, on a link come late, as over a long or crowded network. Bites when the measured round trip rose by half of it. */
export const linkLatency: Fault<Static<typeof parameters>> = {
  name: 'link-latency',
  title: 'delays the answers, or the requests, on the links between two parts',
  parameters,
  needs: ['link.toxic'],
  check: (chosen, system) => [
    ...checkLink(chosen, system),
    ...(chosen.jitter_ms > chosen.latency_ms ? ['jitter_ms is larger than latency_ms'] : []),
  ],
  links: (chosen) => [selectorOf(chosen)],
  plan: async (chosen, context) => {
    const attributes = { latency: chosen.latency_ms, jitter: chosen.jitter_ms }
    const toxic = {
      name: `latency-${context.random.integer(1e6)}`,
      type: 'latency',
      stream: chosen.delays === 'requests' ? 'upstream' : 'downstream',
      attributes,
    } as const
    const plan = await planLinks(selectorOf(chosen), [toxic], context)
    return { ...plan, details: { ...plan.details, latency_ms: chosen.latency_ms } }
  },
  inject: addToxics,
  ...provenOnLinks('link-latency', (before_ms, { round_trip_ms }, { details }) => {
    const enough = round_trip_ms !== null && round_trip_ms - before_ms >= (details['latency_ms'] as number) / 2
    const before = before_ms > 0 ? `${before_ms.toFixed(1)} → ` : ''
    return enough ? `round trip ${before}${round_trip_ms.toFixed(1)} ms` : null
  }),
  revert: removeToxics,
}
