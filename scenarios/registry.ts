import { careful } from './journeys/careful.ts'
import { flooder } from './journeys/flooder.ts'
import { impatient } from './journeys/impatient.ts'
import type { Journey } from './journeys/journey.ts'
import { operator } from './journeys/operator.ts'
import { player, spinner } from './journeys/player.ts'
import { reader } from './journeys/reader.ts'
import { sameKey } from './journeys/same-key.ts'
import { thief } from './journeys/thief.ts'
import { twoDevices } from './journeys/two-devices.ts'
import { climb } from './profiles/climb.ts'
import type { Profile } from './profiles/profile.ts'
import { steady } from './profiles/steady.ts'
import { surge } from './profiles/surge.ts'

const named = <Item extends { name: string }>(items: readonly Item[]): Readonly<Record<string, Item>> =>
  Object.fromEntries(items.map((item) => [item.name, item]))

// One line each. Both Node and k6 read this file: only relative imports inside scenarios.
export const journeys: Readonly<Record<string, Journey>> = named([
  player,
  twoDevices,
  sameKey,
  reader,
  impatient,
  careful,
  operator,
  thief,
  flooder,
  spinner,
])
export const profiles: Readonly<Record<string, Profile>> = named([climb, steady, surge])

/** For `npm run chaos -- list` and the reference. */
export function describe(): { kind: 'journey' | 'profile'; name: string; title: string }[] {
  return [
    ...Object.values(journeys).map(({ name, title }) => ({ kind: 'journey' as const, name, title })),
    ...Object.values(profiles).map(({ name, title }) => ({ kind: 'profile' as const, name, title })),
  ]
}
