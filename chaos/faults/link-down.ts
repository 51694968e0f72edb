import { Type, type Static } from 'typebox'
import type { Toxic } from '../targets/target.ts'
import type { Fault } from './fault.ts'
import { addToxics, checkLink, linkParameters, planLinks, provenOnLinks, removeToxics, selectorOf } from './link.ts'

const modes = ['refuse', 'blackhole'] as const
const parameters = Type.Object(
  {
    ...linkParameters,
    mode: Type.Enum(modes, {
      default: 'blackhole',
      description: 'refuse: connections are reset at once; blackhole: nothing comes through and nobody is told',
    }),
  },
  { additionalProperties: false },
)

// Both directions, so that a request cannot arrive whose answer is lost by the fault alone.
const toxicOf = { refuse: 'reset_peer', blackhole: 'timeout' } as const

/** Nothing passes a link any more, open connections included. Bites when a probe that was answered before is not any more. */
export const linkDown: Fault<Static<typeof parameters>> = {
  name: 'link-down',
  title: 'cuts the links between two parts (reset or blackhole)',
  parameters,
  needs: ['link.toxic'],
  check: checkLink,
  links: (chosen) => [selectorOf(chosen)],
  plan: (chosen, context) => {
    const name = `down-${context.random.integer(1e6)}`
    const toxics = (['upstream', 'downstream'] as const).map((stream): Toxic => ({
      name: `${name}-${stream}`,
      type: toxicOf[chosen.mode],
      stream,
      attributes: { timeout: 0 },
    }))
    return planLinks(selectorOf(chosen), toxics, context)
  },
  inject: addToxics,
  ...provenOnLinks('link-down', (before_ms, now) =>
    now.round_trip_ms === null
      ? `does not answer (${now.error ?? 'nothing came'})${before_ms > 0 ? `, in ${before_ms.toFixed(1)} ms before` : ''}`
      : null,
  ),
  revert: removeToxics,
}
