import { Type, type Static } from 'typebox'
import { amountMinor, balanceMinor, signedMinor } from './money.ts'

// What calls between services carry (calls.ts).
export const transferKinds = ['deposit', 'withdrawal', 'bet', 'win', 'rollback'] as const
export const transferKind = Type.Enum(transferKinds)

export const transferRequest = Type.Object({
  /** Same key, same answer; same key with other parameters: idempotency_conflict. */
  key: Type.String({ minLength: 1, maxLength: 160 }),
  kind: transferKind,
  player_id: Type.String(),
  /** For a rollback the amount of the bet it undoes. */
  amount_minor: amountMinor,
  /** bet, win, rollback: the round; a rollback undoes that round's bet, known or not (tombstone). */
  round_id: Type.Optional(Type.String()),
  game_id: Type.Optional(Type.String()),
})
export const transferAnswer = Type.Object({
  transfer_id: Type.String(),
  balance_minor: balanceMinor,
  version: Type.Integer(),
  replayed: Type.Boolean(),
})
export const roundRequest = Type.Object({
  key: Type.String(),
  player_id: Type.String(),
  session_id: Type.String(),
  stake_minor: amountMinor,
  client_seed: Type.String(),
})
export const sessionRequest = Type.Object({ player_id: Type.String(), game_id: Type.String() })
export const stakeCheck = Type.Object({ player_id: Type.String(), stake_minor: amountMinor })
export const stakeAllowed = Type.Object({
  game_id: Type.String(),
  /** The player has a loss limit: the stake is to be reserved before it is bet. */
  reserve: Type.Boolean(),
})
/** Reel strips of symbol numbers; a line pays `stake × pays[symbol]` when all reels show that symbol on the centre row. */
export const gameDefinition = Type.Object({
  game_id: Type.String(),
  title: Type.String(),
  version: Type.Integer(),
  return_to_player: Type.Number(),
  reels: Type.Array(Type.Array(Type.Integer())),
  pays: Type.Record(Type.String(), Type.Integer()),
})
export const player = Type.Object({ player_id: Type.String() })
export const jsonWebKeys = Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) })
export const login = Type.Object({
  player_id: Type.String(),
  token: Type.String(),
  expires_in_s: Type.Integer(),
  refresh_token: Type.String(),
})
/** Identifiers (jti) of tokens that have not expired and are valid no more. */
export const revokedTokens = Type.Object({ jtis: Type.Array(Type.String()) })
export const tokenIdentifier = Type.Object({ jti: Type.String() })
/** `claim`: whose it is; the same one may ask again. */
export const nonceClaim = Type.Object({
  key: Type.String({ minLength: 1, maxLength: 300 }),
  claim: Type.String({ minLength: 1, maxLength: 64 }),
  ttl_ms: Type.Integer({ minimum: 1, maximum: 600_000 }),
})
export type NonceClaim = Static<typeof nonceClaim>
export const nonceClaimed = Type.Object({ first: Type.Boolean() })

// Responsible play.
export const stakeReservation = Type.Object({
  player_id: Type.String(),
  round_id: Type.String(),
  stake_minor: amountMinor,
})
export const stakeReserved = Type.Object({ reserved: Type.Boolean() })
export const depositAdmitted = Type.Object({ admitted: Type.Literal(true) })
export const sessionResult = Type.Object({ net_result_minor: signedMinor })
export const byOperator = Type.Object({ operator_id: Type.String() })

export type Login = Static<typeof login>
export type TransferKind = (typeof transferKinds)[number]
export type TransferRequest = Static<typeof transferRequest>
export type TransferAnswer = Static<typeof transferAnswer>
export type RoundRequest = Static<typeof roundRequest>
export type StakeReservation = Static<typeof stakeReservation>
export type GameDefinition = Static<typeof gameDefinition>
