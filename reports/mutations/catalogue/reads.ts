import { asked, playerAccount, statesOf, type Asked } from '../lines.ts'
import { onAnswer } from '../on-answer.ts'
import type { RawRecord } from '../../record/fixture.ts'
import type { Mutation } from '../mutation.ts'

const reads = ['reads-committed', 'read-your-writes', 'monotonic-reads'] as const

const onRead = (name: string, what: string, change: Parameters<typeof onAnswer>[4]): Mutation =>
  onAnswer(name, what, 'balance', reads, change)

const entryAt = (raw: RawRecord, player_id: string, version: number) =>
  statesOf(raw, 'entry').find((entry) => entry.account === playerAccount(player_id) && entry.version === version)

/** What a read of this version says; null: the version was never committed. */
function sightOf(raw: RawRecord, { end }: Asked, version: number): Record<string, unknown> | null {
  const entry = entryAt(raw, end.player_id, version)
  if (entry === undefined) return null
  const held_minor = Number(end.value['held_minor'] ?? 0)
  const balance_minor = entry.balance_after_minor
  return { version, balance_minor, ...('held_minor' in end.value && { available_minor: balance_minor - held_minor }) }
}

/** The newest version that was acknowledged to this player before the read was asked. */
function acknowledgedBefore(raw: RawRecord, { invoke }: Asked): number {
  const versions = asked(raw, ['spin', 'deposit'])
    .filter(({ end }) => end.player_id === invoke.player_id && end.at_ms < invoke.at_ms)
    .map(({ end }) => Number(end.value['version'] ?? 0))
  return Math.max(0, ...versions)
}

export const readMutations: readonly Mutation[] = [
  onRead('balance-made-up', 'a balance was read that the account never had', ({ end }) => ({
    balance_minor: Number(end.value['balance_minor']) + 12_345,
    ...('available_minor' in end.value && { available_minor: Number(end.value['available_minor']) + 12_345 }),
  })),
  onRead('version-made-up', 'a version was read that was never committed', ({ end }) => ({
    version: Number(end.value['version']) + 1_000,
  })),
  onRead('read-stale', 'a balance was read as it was before what had been acknowledged', (found, raw) => {
    const version = acknowledgedBefore(raw, found) - 1
    return version < 1 ? null : sightOf(raw, found, version)
  }),
  onRead('read-from-the-future', 'a balance was read that came about only afterwards', (found, raw) => {
    const later = asked(raw, ['spin', 'deposit'])
      .filter(({ invoke, end }) => end.player_id === found.end.player_id && invoke.at_ms > found.end.at_ms)
      .map(({ end }) => Number(end.value['version'] ?? 0))
    const last = Math.max(0, ...later)
    return last === 0 ? null : sightOf(raw, found, last)
  }),
  {
    name: 'all-reads-made-up',
    what: 'every balance that was read is the same invented one',
    seen_by: reads,
    derived: false,
    change(raw) {
      const all = asked(raw, ['balance'])
      for (const { end } of all) end.value = { ...end.value, balance_minor: 999_999_999 }
      return all.length > 0
    },
  },
  {
    name: 'history-with-a-gap',
    what: 'a history leaves out a round that everybody has known for long, and shows an older one',
    seen_by: ['reads-committed'],
    derived: false,
    change(raw, random) {
      const read = asked(raw, ['history']).findLast(({ end }) => (end.value['rounds'] as object[]).length > 1)
      if (read === undefined) return false
      const rounds = read.end.value['rounds'] as object[]
      read.end.value['rounds'] = rounds.toSpliced(random.integer(rounds.length - 1), 1)
      return true
    },
  },
  {
    name: 'writes-out-of-order',
    what: 'what was acknowledged before another was asked for has the later version',
    seen_by: ['writes-in-order', 'reads-committed', 'read-your-writes'],
    change(raw, random) {
      const deposits = asked(raw, ['deposit'])
      for (const one of random.sample(deposits, 12)) {
        const other = deposits.find(
          ({ invoke, end }) => end.player_id === one.end.player_id && invoke.at_ms > one.end.at_ms,
        )
        const first = entryAt(raw, one.end.player_id, Number(one.end.value['version']))
        const second = other && entryAt(raw, one.end.player_id, Number(other.end.value['version']))
        if (first === undefined || second === undefined) continue
        const between = first.version
        first.version = second.version
        second.version = between
        return true
      }
      return false
    },
  },
]
