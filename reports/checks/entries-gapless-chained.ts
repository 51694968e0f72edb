import { hash } from 'node:crypto'
import type { StateOf } from '#sut/contracts/state.ts'
import { operationOf } from './applied-twice.ts'
import { verdictOf, type Check } from './check.ts'
import type { Evidence, Operation } from './evidence.ts'
import { together } from './under-way.ts'

type Entry = StateOf<'entry'>

/** Each account is an unbroken chain: versions 1, 2, 3 …, balances that follow from the one before, hashes that hold. */
export const entriesGaplessChained: Check = {
  name: 'entries-gapless-chained',
  title: 'Entries have no gaps, and their hash chain holds',
  needs: ['state'],
  dangers: [
    {
      name: 'neighbours_in_crossing',
      what: 'entries of an account, one right after the other, whose operations were under way at the same time',
      brought_about_by: 'every load on the accounts of the house; two-devices, same-key on those of players',
    },
    {
      name: 'entries_during_fault',
      what: 'entries that were made while a fault was at work',
      brought_about_by: 'every fault',
    },
  ],
  about_money: true,
  run({ state }, evidence) {
    const verdict = verdictOf('entries-gapless-chained')
    verdict.examine(state.entry.length)
    const versions = new Map(state.account.map(({ account, version }) => [account, version]))
    for (const [account, unordered] of Map.groupBy(state.entry, (entry) => entry.account)) {
      const entries = unordered.toSorted((one, other) => one.version - other.version)
      countDangers(entries, evidence, verdict)
      const broken = firstBreak(entries)
      const last = entries.at(-1)!
      const recorded = versions.get(account)
      const what = broken?.text ?? (recorded === last.version ? null : endsElsewhere(recorded, last))
      if (what === null) continue
      const at = broken?.at ?? last
      verdict.violate(() => ({
        text: `Account ${account}: ${what} (transfer ${at.transfer_id}).`,
        entries: [broken?.before, at, evidence.transferById.get(at.transfer_id)],
        fault: evidence.faultAt(evidence.transferById.get(at.transfer_id)?.created_at_ms),
      }))
    }
    return verdict.outcome()
  },
}

function countDangers(entries: readonly Entry[], evidence: Evidence, verdict: ReturnType<typeof verdictOf>): void {
  let before: Operation | undefined
  for (const { transfer_id } of entries) {
    const transfer = evidence.transferById.get(transfer_id)
    const operation = transfer === undefined ? undefined : operationOf(transfer, evidence)
    if (evidence.faultAt(transfer?.created_at_ms) !== null) verdict.exercise('entries_during_fault')
    if (operation !== undefined && before !== undefined && operation !== before && together(operation, before))
      verdict.exercise('neighbours_in_crossing')
    before = operation
  }
}

const endsElsewhere = (recorded: number | undefined, last: Entry): string =>
  recorded === undefined
    ? `there are entries up to version ${last.version} and no account`
    : `the account says version ${recorded}, its last entry ${last.version}`

/** The first entry that does not follow from the one before it. */
function firstBreak(entries: readonly Entry[]): { at: Entry; before: Entry | undefined; text: string } | null {
  let before: Entry | undefined
  for (const at of entries) {
    const text = breakOf(before, at)
    if (text !== null) return { at, before, text }
    before = at
  }
  return null
}

function breakOf(before: Entry | undefined, at: Entry): string | null {
  const expected = (before?.version ?? 0) + 1
  if (at.version !== expected) return `version ${expected} is ${at.version < expected ? 'there twice' : 'missing'}`
  const balance = BigInt(before?.balance_after_minor ?? 0) + BigInt(at.amount_minor)
  if (balance !== BigInt(at.balance_after_minor))
    return `version ${at.version} has balance ${at.balance_after_minor}, ${balance} follows from the entry before`
  return hashAfter(before, at) === at.hash ? null : `the hash of version ${at.version} does not follow from its content`
}

/** As sut/contracts/state.ts defines it. */
function hashAfter(
  before: Entry | undefined,
  { account, version, transfer_id, amount_minor, balance_after_minor }: Entry,
): string {
  const text = [before?.hash ?? '', account, version, transfer_id, amount_minor, balance_after_minor].join('|')
  return hash('sha256', text)
}
