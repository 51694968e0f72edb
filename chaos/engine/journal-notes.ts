import { alive, identify, type ProcessIdentity } from '#lib/process.ts'
import type { JournalLine } from '#reports/record/format.ts'

// Two notes in a journal are for `recover`: whose run it is, and on which system.

type Note = Pick<Extract<JournalLine, { kind: 'note' }>, 'kind' | 'code' | 'text'>

export const harnessNote = (): Note => ({
  kind: 'note',
  code: 'harness',
  text: JSON.stringify(identify(process.pid)),
})

export const systemNote = (id: string): Note => ({ kind: 'note', code: 'system', text: id })

export const systemIn = (journal: readonly JournalLine[]): string | undefined => textOfNote(journal, 'system')

/** Whether the harness that writes this journal still lives; false when the journal does not say whose it is. */
export function harnessLives(journal: readonly JournalLine[]): boolean {
  const text = textOfNote(journal, 'harness')
  const identity = text === undefined ? null : (JSON.parse(text) as ProcessIdentity | null)
  return identity !== null && alive(identity)
}

function textOfNote(journal: readonly JournalLine[], code: string): string | undefined {
  const note = journal.find((line) => line.kind === 'note' && line.code === code)
  return note?.kind === 'note' ? note.text : undefined
}
