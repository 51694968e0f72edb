import { Type } from 'typebox'

/** Integer minor units (cents). On the wire a JSON integer inside ±(2^53 − 1); inside services a bigint. */
export const amountMinor = Type.Integer({ minimum: 1, maximum: 1_000_000_000 })
export const signedMinor = Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER })
export const balanceMinor = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
