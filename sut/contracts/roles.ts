import { Type } from 'typebox'

/** player: plays. operator: ends and restores a player's access. auditor: reads the audit trail, and nothing else. */
export const roles = ['player', 'operator', 'auditor'] as const
export const role = Type.Enum(roles)
export type Role = (typeof roles)[number]
