import { pause } from '#lib/wait.ts'
import { connect_limit_ms, openConnection, type Connection, type ConnectionOptions } from './database-connection.ts'

// Which server is which is asked of the servers themselves:
//
//   all addresses, at once  →  in recovery? read-only? which timeline?  →  the writable one, or a standby

export interface ServerState {
  host: string
  port: number
  standby: boolean
  writable: boolean
  /** Each promotion starts a new timeline: of two servers that take writes, the one on the higher timeline is the leader. */
  timeline: number
}
type Login = Omit<ConnectionOptions, 'host' | 'port'>
type Address = { host: string; port: number }

/** When one writable server has answered, the others get this long to claim a higher timeline. */
const grace_ms = 100

const question = `
  select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'off' as writable,
    case when pg_is_in_recovery() then '' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline`

async function ask(address: Address, login: Login): Promise<ServerState> {
  const connection = await openConnection({ ...login, ...address })
  try {
    const { rows } = await connection.query(question, undefined, undefined, connect_limit_ms)
    const row = rows[0] as { standby: boolean; writable: boolean; timeline: string }
    return {
      ...address,
      standby: row.standby,
      writable: row.writable && !row.standby,
      timeline: Number.parseInt(row.timeline || '0', 16),
    }
  } finally {
    connection.destroy()
  }
}

/** States of the servers that answer, within about 2 s, or at once when the writable one is among them. */
async function askAll(addresses: readonly Address[], login: Login): Promise<ServerState[]> {
  const states: ServerState[] = []
  let found = (): void => {}
  const writable = new Promise<void>((resolve) => (found = resolve))
  const all = addresses.map(async ({ host, port }) => {
    try {
      const state = await ask({ host, port }, login)
      states.push(state)
      if (state.writable) found()
    } catch {
      // A server that does not answer is no candidate; when none is, the caller says so.
    }
  })
  await Promise.race([Promise.all(all), writable.then(() => pause(grace_ms))])
  return states
}

export async function findPrimary(addresses: readonly Address[], login: Login): Promise<ServerState | undefined> {
  const states = await askAll(addresses, login)
  return states.filter(({ writable }) => writable).toSorted((left, right) => right.timeline - left.timeline)[0]
}

export async function findStandby(addresses: readonly Address[], login: Login): Promise<ServerState | undefined> {
  const states = await askAll(addresses, login)
  return states.find(({ standby }) => standby)
}

export interface ServerChoice {
  /** A connection to the chosen server; looks for it again, within the limit, when there is none or it refuses. */
  open: () => Promise<Connection>
  /** Forget the choice. */
  leave: () => void
}

/** Keeps to one server until it is left; many who look at once share one search. */
export function chooseServer(
  find: () => Promise<ServerState | undefined>,
  login: Login,
  options: { limit_ms: number; none: () => Error },
): ServerChoice {
  let chosen: Address | undefined
  let search: Promise<ServerState | undefined> | undefined

  const choose = async (): Promise<Address | undefined> => {
    if (chosen !== undefined) return chosen
    search ??= find().finally(() => (search = undefined))
    const found = await search
    if (found !== undefined) chosen = { host: found.host, port: found.port }
    return chosen
  }
  return {
    leave: () => (chosen = undefined),
    async open() {
      const end = performance.now() + options.limit_ms
      for (let wait_ms = 20; ; wait_ms = Math.min(wait_ms * 2, 200)) {
        const address = await choose()
        if (address !== undefined) {
          try {
            return await openConnection({ ...login, ...address })
          } catch (error) {
            chosen = undefined
            if (performance.now() >= end) throw error
          }
        }
        if (performance.now() >= end) throw options.none()
        await pause(wait_ms)
      }
    },
  }
}
