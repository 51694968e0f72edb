import { type Node, conditionOf } from '../access/objects.ts'

/** Events of a machine of the cluster: what Kubernetes thinks of it. */
export function nodeEvents(before: Node | undefined, after: Node | undefined): { event: string; detail?: string }[] {
  if (before === undefined || after === undefined) return []
  const was = conditionOf(before, 'Ready')?.status
  const condition = conditionOf(after, 'Ready')
  if (was === condition?.status) return []
  if (condition?.status === 'True') return [{ event: 'node-ready' }]
  if (was === 'True') return [{ event: 'unhealthy', detail: condition?.reason ?? 'NodeNotReady' }]
  return []
}
