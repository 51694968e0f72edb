import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { newId } from '#lib/random.ts'
import type { Database, Transaction } from '#sut/platform/database.ts'
import { sealing } from '#sut/platform/sealing.ts'
import { tokenLife_s } from './logins.ts'

// Keys that sign tokens take turns, and nobody notices:
//
//   made and published ──lead──► signs ──every──► the next one signs ──life of a token──► forgotten
//
// Verifiers ask for the keys again when a token names one that they do not know, but not more often than every five seconds: so a key is
// published before it signs. All instances read the same table; whichever is first makes the next key.
export interface Rotation {
  /** How long a key signs. */
  every_s: number
  /** How long a key is published before it signs. */
  lead_s: number
}
export const rotation: Rotation = { every_s: 60 * 60, lead_s: 30 }

export interface TokenKeys {
  /** The private key (a JWK as JSON text) that signs now. */
  signing(): Promise<string>
  published(): Promise<{ keys: Record<string, unknown>[] }>
  /** Makes the next key when it is time, forgets old ones, and reads them all again. To be called every few seconds. */
  renew(): Promise<void>
  /** Makes the next key now: for whoever fears that one has been stolen. */
  rotate(): Promise<void>
}

interface Keys {
  signing: string
  published: Record<string, unknown>[]
}
interface Row {
  public: JWK
  sealed: Buffer
}

export function tokenKeys(
  database: Pick<Database, 'query' | 'transaction'>,
  secret: string,
  times: Rotation,
): TokenKeys {
  // The identifier of a key is its name.
  const seal = sealing(secret, 'slot-chaos token keys')
  const usable_s = times.every_s + times.lead_s + 2 * tokenLife_s
  let known: Promise<Keys> | undefined

  const make = async (tx: Pick<Transaction, 'query'>, { at_once }: { at_once: boolean }): Promise<void> => {
    const { privateKey } = await generateKeyPair('Ed25519', { extractable: true })
    const secret_key = { ...(await exportJWK(privateKey)), alg: 'EdDSA', use: 'sig', kid: newId().slice(0, 12) }
    const { d: _, ...open } = secret_key
    await tx.query(
      `insert into token_keys (kid, public, sealed, signs_from) values ($1, $2, $3, now() + $4 * interval '1 s')`,
      [open.kid, open, seal.close(JSON.stringify(secret_key), open.kid), at_once ? 0 : times.lead_s],
    )
  }

  /** One at a time in all instances; `force`: also when the newest key is young. */
  const makeNext = (force: boolean): Promise<void> =>
    database.transaction(async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtext('token_keys'))`)
      await tx.query(`delete from token_keys where created_at < now() - $1 * interval '1 s'`, [usable_s])
      const [state] = await tx.query<{ young: boolean; some: boolean }>(
        `select coalesce(bool_or(created_at > now() - $1 * interval '1 s'), false) as young, count(*) > 0 as some from token_keys`,
        [times.every_s],
      )
      // The very first has nobody to wait for.
      if (force || !state!.young) await make(tx, { at_once: !state!.some })
    })

  const load = async (): Promise<Keys> => {
    const rows = await database.query<Row>(
      `select public, sealed from token_keys order by signs_from <= now() desc, signs_from desc`,
    )
    const [newest] = rows
    if (newest === undefined) throw new Error('there is no key for tokens')
    return {
      signing: seal.open(newest.sealed, String(newest.public.kid)),
      published: rows.map((row) => ({ ...row.public })),
    }
  }

  const renewed = async (force: boolean): Promise<Keys> => {
    await makeNext(force)
    return await load()
  }
  const renew = async (force: boolean): Promise<void> => {
    const fresh = await renewed(force)
    known = Promise.resolve(fresh)
  }
  /** Once, when the first token is asked for; a failure is not kept. */
  const keys = (): Promise<Keys> =>
    (known ??= renewed(false).catch((error: unknown) => {
      known = undefined
      throw error
    }))

  return {
    signing: async () => (await keys()).signing,
    published: async () => ({ keys: (await keys()).published }),
    renew: () => renew(false),
    rotate: () => renew(true),
  }
}
