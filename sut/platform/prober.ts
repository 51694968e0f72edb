import { pause } from '#lib/wait.ts'
import type { Balancer } from './balancer.ts'
import type { KeyedInstance, Peers } from './peers.ts'

/** Any answer shows that an instance lives; this path costs it nothing. */
export const probePath = '/-/alive'

const probe_limit_ms = 500
const wait_ms = { first: 250, most: 2000 }

/**
 * Asks an ejected instance until it answers, then admits it again; ends when discovery no longer names it. One loop an
 * instance, so bounded by their number.
 */
export function prober(peers: Peers, balance: Balancer): { watch(target: KeyedInstance): void; close(): void } {
  const abort = new AbortController()
  const watched = new Set<string>()

  const probe = async (target: KeyedInstance): Promise<void> => {
    for (let wait = wait_ms.first; !abort.signal.aborted; wait = Math.min(wait * 2, wait_ms.most)) {
      await pause(wait, abort.signal)
      if (!peers.names(target.key) || !balance.ejected(target.key)) return
      try {
        await peers.get(target).request({ method: 'GET', path: probePath, headers: {} }, probe_limit_ms, abort.signal)
        balance.admit(target.key)
        return
      } catch {
        // Still away; a connection that was made meanwhile may lead nowhere.
        peers.drop(target.key)
      }
    }
  }
  return {
    watch(target) {
      if (watched.has(target.key)) return
      watched.add(target.key)
      // Only the pause rejects, and only at the end.
      void probe(target)
        .catch(() => {})
        .finally(() => watched.delete(target.key))
    },
    close: () => abort.abort(),
  }
}
