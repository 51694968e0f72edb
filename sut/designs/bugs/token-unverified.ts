import { roles, type Role } from '#sut/contracts/roles.ts'
import type { PlantedBug } from '../planted-bug.ts'

const believed_ms = 60_000

function claimsOf(token: string): { player_id: string; role: Role } | undefined {
  try {
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >
    const role = roles.find((name) => name === payload['role'])
    return typeof payload['sub'] === 'string' && role !== undefined ? { player_id: payload['sub'], role } : undefined
  } catch {
    return undefined
  }
}

export const tokenUnverified: PlantedBug = {
  name: 'token-unverified',
  title: 'A forged or expired token is admitted',
  description: 'The gateway believes what a token says, whoever has signed it and whenever it ended.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {
    'gateway.verify-token':
      (standard, mark, { clock }) =>
      async (token) => {
        mark('ran')
        try {
          return await standard(token)
        } catch (error) {
          const claims = claimsOf(token)
          if (claims === undefined) throw error
          mark('reached')
          return { ...claims, expires_at_ms: clock.wall_ms() + believed_ms }
        }
      },
  },
}
