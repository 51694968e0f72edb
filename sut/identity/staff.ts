import { createHash, timingSafeEqual } from 'node:crypto'
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

/**
 * Compares with the generated secrets of the staff, in the same time whatever is given. They are far too long to be guessed, so a digest is
 * enough, and a lock would only keep out who has one.
 */
export function staffSecrets(secrets: Readonly<Record<string, string>>): (name: string, password: string) => boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  const known = new Map<string, Buffer>()
  for (const role of staffRoles) {
    const secret = secrets[passwordSecretOf(role)]
    if (secret !== undefined && secret.length >= secret_length_min) known.set(role, digest(secret))
  }
  return (name, password) => {
    const secret = known.get(name.toLowerCase())
    return secret !== undefined && timingSafeEqual(secret, digest(password))
  }
}

/** Of letters and digits: 119 bits. What is shorter is a password like others. */
const secret_length_min = 20
