import { Problem } from '#sut/contracts/problems.ts'
import type { Connection } from './database-connection.ts'

// A bounded pool with a bounded queue. `leave` gives up on that connection and all others that are open now: those in use
// are closed at once too when their server is silent, else when they come back.
export interface Pool {
  /** Throws Problem('unavailable') when the queue is full or the limit has passed, and what `open` throws. */
  acquire(signal?: AbortSignal): Promise<Connection>
  release(connection: Connection): void
  /** False when that connection had been given up before: what it says is old news. */
  leave(connection: Connection, options: { silent: boolean }): boolean
  waiting(): number
  end(): void
}

export interface PoolOptions {
  size: number
  queue_max: number
  wait_limit_ms: number
  open: () => Promise<Connection>
}

interface Waiter {
  take: (connection: Connection) => void
  fail: (error: unknown) => void
}

export function createPool({ size, queue_max, wait_limit_ms, open }: PoolOptions): Pool {
  const idle: Connection[] = []
  const used = new Set<Connection>()
  const left = new WeakSet<Connection>()
  const queue: Waiter[] = []
  let opening = 0
  let ended = false

  const give = (connection: Connection): void => {
    const waiter = queue.shift()
    if (waiter === undefined) {
      idle.push(connection)
      return
    }
    used.add(connection)
    waiter.take(connection)
  }
  const grow = (): void => {
    while (opening < queue.length && idle.length + used.size + opening < size) {
      opening++
      open().then(opened, refused)
    }
  }
  const opened = (connection: Connection): void => {
    opening--
    if (ended) connection.destroy()
    else give(connection)
  }
  const refused = (error: unknown): void => {
    opening--
    queue.shift()?.fail(error)
    grow()
  }

  return {
    waiting: () => queue.length,
    acquire(signal) {
      if (ended) return Promise.reject(new Problem('unavailable', 'database: the service is stopping'))
      for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
        if (connection.broken) continue
        used.add(connection)
        return Promise.resolve(connection)
      }
      if (queue.length >= queue_max)
        return Promise.reject(new Problem('unavailable', 'database: too many requests wait for a connection'))
      return new Promise((resolve, reject) => {
        const abandon = (): void => {
          const index = queue.indexOf(waiter)
          if (index < 0) return
          queue.splice(index, 1)
          settled()
          reject(new Problem('unavailable', `database: no connection within ${wait_limit_ms} ms`))
        }
        // timer: the bound of the wait
        const timer = setTimeout(abandon, wait_limit_ms)
        const settled = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', abandon)
        }
        const waiter: Waiter = {
          take: (connection) => (settled(), resolve(connection)),
          fail: (error) => (settled(), reject(error)),
        }
        signal?.addEventListener('abort', abandon, { once: true })
        queue.push(waiter)
        grow()
      })
    },
    release(connection) {
      if (!used.delete(connection)) return
      if (connection.broken || left.has(connection) || ended) {
        connection.destroy()
        grow()
      } else {
        give(connection)
      }
    },
    leave(connection, { silent }) {
      connection.destroy()
      if (left.has(connection)) return false
      for (const each of idle.splice(0)) each.destroy()
      for (const each of used) {
        left.add(each)
        if (silent) each.destroy()
      }
      return true
    },
    end() {
      ended = true
      for (const connection of idle.splice(0)) connection.destroy()
      for (const waiter of queue.splice(0)) waiter.fail(new Problem('unavailable', 'database: the service is stopping'))
    },
  }
}
