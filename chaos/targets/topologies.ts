import { Failure } from '#lib/errors.ts'
import { choices } from '#sut/designs/registry.ts'
import type { Target } from './target.ts'

/** Why a target cannot run a design; undefined when it can. */
export function topologyProblem(
  { name, topologies = ['services'] }: Pick<Target, 'name' | 'topologies'>,
  design: string,
): string | undefined {
  const { topology } = choices(design)
  if (topologies.includes(topology)) return undefined
  return `the target ${name} knows the topology ${topologies.join(', ')} alone: it cannot run the design ${design} (${topology})`
}

/** Throws NOT_SUPPORTED_BY_TARGET, before anything is prepared. */
export function assertTopology(target: Pick<Target, 'name' | 'topologies'>, design: string): void {
  const problem = topologyProblem(target, design)
  if (problem === undefined) return
  throw new Failure('NOT_SUPPORTED_BY_TARGET', problem, { hint: '--target local runs every design' })
}
