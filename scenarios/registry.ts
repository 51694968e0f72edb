import { player, spinner } from './journeys/player.ts'
import type { Journey } from './journeys/journey.ts'
import { climb } from './profiles/climb.ts'
import type { Profile } from './profiles/profile.ts'
import { steady } from './profiles/steady.ts'
import { surge } from './profiles/surge.ts'

// One line each. Both Node and k6 read this file: only relative imports inside scenarios.
export const journeys: Readonly<Record<string, Journey>> = { player, spinner }
export const profiles: Readonly<Record<string, Profile>> = { climb, steady, surge }

/** For `npm run chaos -- list` and the reference. */
export function describe(): { kind: 'journey' | 'profile'; name: string; title: string }[] {
  return [
    ...Object.values(journeys).map(({ name, title }) => ({ kind: 'journey' as const, name, title })),
    ...Object.values(profiles).map(({ name, title }) => ({ kind: 'profile' as const, name, title })),
  ]
}
