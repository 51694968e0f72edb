import { Type, type Static } from 'typebox'
import type { FaultPort, HeldRequests } from '../targets/target.ts'
import type { Fault, FaultPlan } from './fault.ts'
import { nameProblems } from './names.ts'
import { mustSee } from './must-see.ts'

const parameters = Type.Object(
  {
    region: Type.Optional(Type.String({ description: 'whose gateways; none: those of every region' })),
    connections: Type.Integer({ minimum: 1, maximum: 20, default: 3, description: 'to the gateways of each region' }),
    streams: Type.Integer({
      minimum: 1,
      maximum: 500,
      default: 110,
      description: 'requests on each connection; those beyond what the gateway admits on one are not sent',
    }),
  },
  { additionalProperties: false },
)
const bite_limit_ms = 10_000
const proof_limit_ms = 5_000

interface Details extends Record<string, unknown> {
  connections: number
  streams: number
}

/**
 * Somebody begins requests at the public gateways and never ends them: headers, the first byte of a body, and no more. Bites
 * when each of them is open, or was refused in words and is about to be begun again (once a second). They are sockets of this
 * process: they end with it.
 */
export const unfinishedRequests: Fault<Static<typeof parameters>> = {
  name: 'unfinished-requests',
  title: 'begins requests at the public gateways and never ends them',
  parameters,
  needs: ['requests.hold'],
  check: ({ region }, system) => nameProblems({ parts: [], regions: [region] }, system),
  links: () => [],
  plan: async ({ region, connections, streams }, { system }) => {
    const regions = region === undefined || region === '*' ? [...system.regions] : [region]
    return {
      targets: regions,
      undo: regions.map((each) => ({ operation: 'releaseRequests', arguments: { region: each } })),
      details: { connections, streams } satisfies Details,
    }
  },
  inject: async ({ targets, details }, port) => {
    const { connections, streams } = details as Details
    for (const region of targets) await port.holdRequests?.(region, { connections, streams })
  },
  verify: (plan, port) => held(plan, port, bite_limit_ms),
  revert: async ({ targets }, port) => {
    for (const region of targets) await port.releaseRequests?.(region)
  },
  held: { prove: (plan, port) => held(plan, port, proof_limit_ms) },
}

async function held({ targets }: FaultPlan, port: FaultPort, limit_ms: number): Promise<string> {
  let seen: { region: string; requests: HeldRequests | null }[] = []
  const all = async (): Promise<boolean> => {
    seen = await Promise.all(
      targets.map(async (region) => ({ region, requests: (await port.heldRequests?.(region)) ?? null })),
    )
    return seen.every(({ requests }) => requests !== null && bites(requests))
  }
  const said = (): string => seen.map(({ region, requests }) => `${region}: ${textOf(requests)}`).join('; ')
  await mustSee(all, { fault: 'unfinished-requests', what: 'requests to be held', limit_ms, otherwise: said })
  return said()
}

/** While some are refused and begun again, a few are between the two. */
const bites = ({ wanted, open, refused, beyond }: HeldRequests): boolean =>
  open > 0 && open + refused + beyond >= wanted * 0.95

function textOf(requests: HeldRequests | null): string {
  if (requests === null) return 'none are held'
  const { wanted, open, refused, beyond, refusals, error } = requests
  const codes = Object.entries(refusals).map(([code, count]) => `${code} ${count}`)
  const parts = [
    `${open} of ${wanted} requests are open`,
    ...(beyond > 0 ? [`${beyond} more than its connections admit`] : []),
    ...(refused > 0 ? [`${refused} were refused and are begun again`] : []),
    ...(codes.length > 0 ? [`refused so far: ${codes.join(', ')}`] : []),
    ...(error === undefined ? [] : [`last error: ${error}`]),
  ]
  return parts.join(', ')
}
