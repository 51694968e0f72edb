import type { FaultPort } from '../targets/target.ts'
import type { Did } from './memory-target.ts'

type RequestPort = Required<Pick<FaultPort, 'holdRequests' | 'heldRequests' | 'releaseRequests'>>

/** Requests that a system in memory holds; `blunt`: it does as if. */
export function memoryRequests(existing: Set<string>, did: Did, blunt: boolean): RequestPort {
  const held = new Map<string, number>()
  return {
    holdRequests: async (region, { connections, streams }) => {
      await did(`holdRequests ${region} ${connections} ${streams}`)
      if (!blunt) existing.add(`held ${region}`)
      held.set(region, connections * streams)
    },
    heldRequests: async (region) => {
      const wanted = held.get(region) ?? 0
      const open = existing.has(`held ${region}`) ? wanted : 0
      return { wanted, open, refused: 0, beyond: 0, refusals: {} }
    },
    releaseRequests: async (region) => {
      await did(`releaseRequests ${region}`)
      existing.delete(`held ${region}`)
    },
  }
}
