import { newId } from '#lib/random.ts'
import type { Passwords } from './passwords.ts'
import type { PlayerStore } from './players.ts'

export const staffRoles = ['operator', 'auditor'] as const
export const passwordSecretOf = (role: (typeof staffRoles)[number]): string => `${role}_password`

/** Accounts `operator` and `auditor`, made before anybody can take their names; several instances may try at once. */
export async function ensureStaff(
  players: Pick<PlayerStore, 'nameTaken' | 'insertStaff'>,
  passwords: Pick<Passwords, 'hash'>,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  for (const role of staffRoles) {
    const password = secrets[passwordSecretOf(role)]
    if (password === undefined) throw new Error(`identity needs the secret ${passwordSecretOf(role)}`)
    // A hash costs more than the question.
    if (await players.nameTaken(role)) continue
    await players.insertStaff({ player_id: newId(), name: role, password_hash: await passwords.hash(password), role })
  }
}
