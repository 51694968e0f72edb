import { createHash, randomBytes } from 'node:crypto'
import { newId } from '#lib/random.ts'
import type { Login } from '#sut/contracts/calls.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Database, Transaction } from '#sut/platform/database.ts'

export const tokenLife_s = 15 * 60
export const refreshLife_s = 12 * 60 * 60

export interface LoginsOptions {
  database: Pick<Database, 'query' | 'transaction'>
  /** An access token with this identifier. */
  sign: (player_id: string, jti: string, expires_in_s: number) => Promise<string>
}

// One login, and the tokens that follow each other:
//
//   login ──► access 1 + refresh 1 ──► access 2 + refresh 2 ──► …      each refresh token serves once
//   logout, or a refresh token that comes a second time: the whole login ends, and its access tokens are revoked
//
// A second use means that two have it, and nobody can tell which of them stole it (RFC 9700, section 4.14.2).
export function logins({ database, sign }: LoginsOptions) {
  const issue = async (
    tx: Pick<Transaction, 'query'>,
    { player_id, login_id }: { player_id: string; login_id: string },
  ): Promise<Login> => {
    const jti = newId()
    const refresh_token = randomBytes(32).toString('base64url')
    await tx.query(
      `insert into refresh_tokens (token_hash, login_id, player_id, jti, access_until, refresh_until)
       values ($1, $2, $3, $4, now() + $5 * interval '1 s', now() + $6 * interval '1 s')`,
      [hashOf(refresh_token), login_id, player_id, jti, tokenLife_s, refreshLife_s],
    )
    const token = await sign(player_id, jti, tokenLife_s)
    return { player_id, token, expires_in_s: tokenLife_s, refresh_token }
  }

  /** What no request may use any more is kept until it would have ended by itself. */
  const endLogin = async (tx: Pick<Transaction, 'query'>, login_id: string): Promise<void> => {
    await tx.query(
      `with ended as (delete from refresh_tokens where login_id = $1 returning jti, access_until)
       insert into revoked_tokens select jti, access_until from ended where access_until > now()
       on conflict do nothing`,
      [login_id],
    )
  }

  return {
    begin: (player_id: string): Promise<Login> => issue(database, { player_id, login_id: newId() }),

    /** Throws Problem unauthenticated. */
    refresh: async (refresh_token: string): Promise<Login> => {
      const login = await database.transaction(async (tx) => {
        const [found] = await tx.query<{ login_id: string; player_id: string; used: boolean; over: boolean }>(
          `select login_id, player_id, used, refresh_until < now() as over from refresh_tokens
           where token_hash = $1 for update`,
          [hashOf(refresh_token)],
        )
        if (found === undefined || found.over) return undefined
        if (found.used) {
          await endLogin(tx, found.login_id)
          return undefined
        }
        await tx.query('update refresh_tokens set used = true where token_hash = $1', [hashOf(refresh_token)])
        return issue(tx, found)
      })
      if (login === undefined) throw new Problem('unauthenticated', 'the refresh token is not valid: log in again')
      return login
    },

    /** Ends the login that the access token `jti` came of; one that has ended stays so. */
    end: async (jti: string): Promise<void> => {
      await database.transaction(async (tx) => {
        const [found] = await tx.query<{ login_id: string }>('select login_id from refresh_tokens where jti = $1', [
          jti,
        ])
        if (found !== undefined) await endLogin(tx, found.login_id)
      })
    },

    /** Identifiers of the access tokens that have not expired and are valid no more. */
    revoked: async (): Promise<string[]> => {
      const rows = await database.query<{ jti: string }>('select jti from revoked_tokens where access_until > now()')
      return rows.map(({ jti }) => jti)
    },

    removeOld: async (): Promise<void> => {
      await database.query('delete from refresh_tokens where refresh_until < now()')
      await database.query('delete from revoked_tokens where access_until < now()')
    },
  }
}
export type Logins = ReturnType<typeof logins>

const hashOf = (refresh_token: string): string => createHash('sha256').update(refresh_token).digest('hex')
