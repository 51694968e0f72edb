import { textLines } from '#lib/text-lines.ts'
import { textOf } from '#lib/errors.ts'
import { type Link, type Toxic, activeToxics, addToxic, removeToxic, undoAll } from './links.ts'
import { probe } from './probe.ts'
import { killOthers } from './processes.ts'

// The fault agent: runs inside a pod, in an ephemeral container that shares the pod's network and processes. Questions and
// answers are JSON lines on stdin and stdout.
//
// It is a dead man's switch: at the end of its input, or after ten seconds without a line, it undoes everything and ends; and
// when it is killed itself, the guard beside it does (links.ts).

export type Question =
  | { verb: 'beat' }
  | { verb: 'kill' }
  | { verb: 'add'; link: string; to: Link; toxic: Toxic }
  | { verb: 'remove'; link: string; name: string }
  | { verb: 'probe'; to: Link; greets: boolean; question: string; limit_ms: number }

const silence_max_ms = 10_000
let silence: NodeJS.Timeout | undefined
/** What changes rules is done one after the other. */
let changes: Promise<unknown> = Promise.resolve()

async function answer(question: Question): Promise<object> {
  if (question.verb === 'kill') return { killed: await killOthers() }
  if (question.verb === 'probe') return probe(question.to, question.greets, question.question, question.limit_ms)
  if (question.verb === 'add') await addToxic(question.link, question.to, question.toxic)
  if (question.verb === 'remove') await removeToxic(question.link, question.name)
  return { active: activeToxics() }
}

function heard(): void {
  clearTimeout(silence)
  // timer: the dead man's switch
  silence = setTimeout(() => void end(), silence_max_ms)
}

async function end(): Promise<void> {
  await changes
  await undoAll().catch(() => undefined) // the guard tries again
  process.exit(0)
}

function take({ id, ...question }: Question & { id: number }): void {
  const tell = (value: object): boolean => process.stdout.write(`${JSON.stringify({ id, ...value })}\n`)
  const alone = question.verb === 'add' || question.verb === 'remove'
  const work = alone ? changes.then(() => answer(question)) : answer(question)
  if (alone) changes = work.catch(() => undefined)
  work.then(tell, (error: unknown) => tell({ failed: textOf(error) }))
}

process.stdout.on('error', () => undefined) // nobody listens any more: the end of the input says so
heard()
process.stdout.write('{"id":0}\n')
for await (const line of textLines(process.stdin)) {
  heard()
  take(JSON.parse(line) as Question & { id: number })
}
await end()
