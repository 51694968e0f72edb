import type { EndpointSlice } from '../access/objects.ts'

/** Pods that traffic is sent to, of all slices together. */
export function routedPods(slices: Iterable<EndpointSlice>): Set<string> {
  const pods = new Set<string>()
  for (const { endpoints } of slices)
    for (const { conditions, targetRef } of endpoints ?? [])
      if (conditions?.ready === true && targetRef?.name !== undefined) pods.add(targetRef.name)
  return pods
}

/** A new slice says what the old ones said as well: pods that come, and pods that go. */
export function routingChanges(
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
): { pod: string; event: 'routed' | 'unrouted' }[] {
  return [
    ...[...after].filter((pod) => !before.has(pod)).map((pod) => ({ pod, event: 'routed' as const })),
    ...[...before].filter((pod) => !after.has(pod)).map((pod) => ({ pod, event: 'unrouted' as const })),
  ]
}
