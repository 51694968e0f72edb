import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import type { Login } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { login_life_s } from '#sut/contracts/promises.ts'
import type { Role } from '#sut/contracts/roles.ts'
import type { Database, Transaction } from '#sut/platform/database.ts'
import { appendEvent } from '#sut/platform/outbox.ts'
import { clocks_sql, endLogin, type LoginKey } from './login-end.ts'

export const tokenLife_s = 15 * 60
export const refreshLife_s = 12 * 60 * 60

export interface LoginsOptions {
  database: Pick<Database, 'query' | 'transaction'>
  /** An access token with this identifier. */
  sign: (claims: { player_id: string; role: Role; jti: string }, expires_in_s: number) => Promise<string>
  clock: Pick<Clock, 'wall_ms'>
}
/** What the lock of an account is needed for: an operator who suspends it waits, or has done it. */
const lockHolder = `select role, suspended_at is not null as suspended from players where player_id = $1 for share`
/** None: it has ended. The clock of the moment, not of the transaction, which may have waited for the lock. */
const lockLogin = `select floor(extract(epoch from ends_at - clock_timestamp()))::float8 as left_s from logins
  where login_id = $1 and ended_at is null for update`

// One login, and the tokens that follow each other:
//
//   login ──► access 1 + refresh 1 ──► access 2 + refresh 2 ──► …  24 hours      each refresh token serves once
//   logout, suspension, or a refresh token that comes a second time: the whole login ends, and its access tokens are revoked
//
// A second use means that two have it, and nobody can tell which of them stole it (RFC 9700, section 4.14.2). Everything about a login
// happens behind the lock of its row.
export function logins({ database, sign, clock }: LoginsOptions) {
  /** `left_s`: until the login ends; no token lives longer. */
  const issue = async (
    tx: Pick<Transaction, 'query'>,
    { player_id, login_id, role, left_s }: LoginKey & { role: Role; left_s: number },
  ): Promise<Login> => {
    const jti = newId()
    const refresh_token = randomBytes(32).toString('base64url')
    const expires_in_s = Math.min(tokenLife_s, left_s)
    await tx.query(
      `insert into refresh_tokens (token_hash, login_id, player_id, jti, access_until, refresh_until)
       values ($1, $2, $3, $4, now() + $5 * interval '1 s', now() + $6 * interval '1 s')`,
      [hashOf(refresh_token), login_id, player_id, jti, expires_in_s, Math.min(refreshLife_s, left_s)],
    )
    const token = await sign({ player_id, role, jti }, expires_in_s)
    return { player_id, token, expires_in_s, refresh_token }
  }

  /** Undefined: the token is good for nothing. Ends the login when the token came before. */
  const goOn = async (tx: Transaction, token_hash: string): Promise<Login | undefined> => {
    const [of] = await tx.query<LoginKey>('select login_id, player_id from refresh_tokens where token_hash = $1', [
      token_hash,
    ])
    if (of === undefined) return undefined
    const [holder] = await tx.query<{ role: Role; suspended: boolean }>(lockHolder, [of.player_id])
    const [login] = await tx.query<{ left_s: number }>(lockLogin, [of.login_id])
    // As it is behind the lock: it may have been used, or be gone, since it was found.
    const [token] = await tx.query<{ used: boolean; over: boolean }>(
      'select used, refresh_until < now() as over from refresh_tokens where token_hash = $1',
      [token_hash],
    )
    if (holder === undefined || login === undefined || token === undefined || token.over) return undefined
    if (token.used) {
      await endLogin(tx, of, 'refresh_token_reused', clock.wall_ms())
      return undefined
    }
    if (holder.suspended || login.left_s < 1) return undefined
    await tx.query('update refresh_tokens set used = true where token_hash = $1', [token_hash])
    return issue(tx, { ...of, role: holder.role, left_s: login.left_s })
  }

  return {
    /** Of an account that there is. Throws Problem account_suspended. */
    begin: (player_id: string): Promise<Login> =>
      database.transaction(async (tx) => {
        const [holder] = await tx.query<{ role: Role; suspended: boolean }>(lockHolder, [player_id])
        if (holder === undefined) throw new Problem('unauthenticated', 'name or password is wrong')
        if (holder.suspended) throw new Problem('account_suspended', 'this account is suspended')
        const { role } = holder
        const login_id = newId()
        await tx.query(
          `insert into logins (login_id, player_id, ends_at) values ($1, $2, now() + $3 * interval '1 s')`,
          [login_id, player_id, login_life_s],
        )
        const id = `identity:login:${login_id}`
        const occurred_at_ms = clock.wall_ms()
        await appendEvent(tx, { type: 'identity.logged_in', id, occurred_at_ms, player_id, login_id, role })
        return issue(tx, { player_id, login_id, role, left_s: login_life_s })
      }),

    /** Throws Problem unauthenticated. */
    refresh: async (refresh_token: string): Promise<Login> => {
      const login = await database.transaction((tx) => goOn(tx, hashOf(refresh_token)))
      if (login === undefined) throw new Problem('unauthenticated', 'the refresh token is not valid: log in again')
      return login
    },

    /** Ends the login that the access token `jti` came of; one that has ended stays so. */
    end: async (jti: string): Promise<void> => {
      await database.transaction(async (tx) => {
        const [found] = await tx.query<LoginKey>('select login_id, player_id from refresh_tokens where jti = $1', [jti])
        if (found !== undefined) await endLogin(tx, found, 'logout', clock.wall_ms())
      })
    },

    /** Identifiers of the access tokens that have not expired and are valid no more. */
    revoked: async (): Promise<string[]> => {
      const rows = await database.query<{ jti: string }>(
        `select jti from revoked_tokens where access_until > now() - ${clocks_sql}`,
      )
      return rows.map(({ jti }) => jti)
    },

    removeOld: async (): Promise<void> => {
      await database.query('delete from refresh_tokens where refresh_until < now()')
      await database.query(`delete from revoked_tokens where access_until < now() - ${clocks_sql}`)
      await database.query(`delete from logins where ends_at < now() - ${clocks_sql}`)
    },
  }
}
export type Logins = ReturnType<typeof logins>

const hashOf = (refresh_token: string): string => createHash('sha256').update(refresh_token).digest('hex')
