import { checksText } from '../../gate/exercised.ts'
import { count, plural } from '../../gate/words.ts'
import type { ResultFile, Violation } from '../../record/result.ts'
import { hypertext, nothing, table, type Markup } from '../markup.ts'
import { verdictMark } from './summary.ts'

export function consistency({ consistency: found }: ResultFile): Markup {
  const rows = found.checks.map(({ name, title, examined, state, violations, exercised = {}, note }) => [
    hypertext`${title} <code>${name}</code>`,
    hypertext`${verdictMark(state)}${note === '' ? nothing : hypertext`<br /><small>${note}</small>`}`,
    dangersMet(exercised),
    count(violations),
    count(examined),
  ])
  const header = ['check', 'verdict', 'dangers met', 'violations', 'examined']
  return hypertext`${witnesses(found)} ${table('Checks', header, rows, [3, 4])}
    <p class="note">
      ${checksText(found)}. ${plural(found.operations, 'operation')} of the history, and the final state of every store,
      were compared in full.
    </p>`
}

/** How often what a check is for was really at risk: a check is worth as much as what it met. */
function dangersMet(exercised: Readonly<Record<string, number>>): Markup {
  const dangers = Object.entries(exercised)
  if (dangers.length === 0) return hypertext`–`
  return hypertext`<ul class="dangers">
    ${dangers.map(
      ([name, met]) =>
        hypertext`<li class="${met === 0 ? 'unmet' : 'met'}"><b>${count(met)}</b> ${name.replaceAll('_', ' ')}</li>`,
    )}
  </ul>`
}

function witnesses({ violations, checks }: ResultFile['consistency']): Markup {
  if (violations.length === 0) return nothing
  const all = checks.reduce((sum, check) => sum + check.violations, 0)
  const more = all > violations.length ? ` The first ${violations.length} of ${count(all)} are shown.` : ''
  return hypertext`<p>
      Each violation with its smallest witness: the operation, what the stores hold, and the fault of that
      moment.${more}
    </p>
    ${violations.map(witness)}`
}

function witness({ kind, witness: found, trace_ids = [] }: Violation, index: number): Markup {
  const { text, operations, entries, fault } = found
  const block = (title: string, lines: readonly unknown[]): Markup =>
    lines.length === 0
      ? nothing
      : hypertext`<h4>${title}</h4>
          <pre tabindex="0">${lines.map((line) => JSON.stringify(line)).join('\n')}</pre>`
  const traced = trace_ids.map((id) => hypertext`<p>Trace: <code>${id}</code></p>`)
  const body = hypertext`<p>Fault: ${fault ?? 'none was active'}</p>
    ${traced} ${block('History', operations)}${block('State', entries)}`
  const head = hypertext`<summary><code>${kind}</code> ${text}</summary>`
  return index === 0
    ? hypertext`<details class="violation" open>${head}${body}</details>`
    : hypertext`<details class="violation">${head}${body}</details>`
}
