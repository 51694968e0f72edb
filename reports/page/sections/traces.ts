import { milliseconds, plural, seconds } from '../../gate/words.ts'
import type { ResultFile, TracedOperation, TracedSpan } from '../../record/result.ts'
import { hypertext, nothing, raw, type Markup } from '../markup.ts'

/** The slowest operations that were traced, each as a waterfall: who worked for it, when, and for how long. */
export function traces({ operations, spans, slowest }: NonNullable<ResultFile['traces']>): Markup {
  const when = slowest.some(({ fault }) => fault !== null) ? 'while the fault was at work' : 'of the run'
  const traced = `${plural(operations, 'operation')} ${operations === 1 ? 'was' : 'were'} traced`
  return hypertext`<p>${traced}, in ${plural(spans, 'span')}. The slowest ${when}:</p>
    ${slowest.map(waterfall)}
    <p class="note">
      Milliseconds after the client sent its first byte. A bar is a call that was waited for, its serving, a statement
      or a command; what is further in was done for what is above it. All spans are in <code>traces.jsonl</code>.
    </p>`
}

function waterfall(traced: TracedOperation, index: number): Markup {
  const { operation_id, kind, trace_id, fault, at_s, duration_ms, spans, left_out, afterwards } = traced
  const end_ms = Math.max(1, ...spans.map((span) => span.start_ms + span.duration_ms))
  const more = [
    ...(left_out > 0 ? [plural(left_out, 'more span')] : []),
    ...(afterwards > 0 ? [`${plural(afterwards, 'span')} after the answer, of its events`] : []),
  ]
  const moment = `at ${seconds(at_s)}: ${milliseconds(duration_ms)}${fault === null ? '' : `, ${fault}`}`
  return hypertext`<details class="trace"${index === 0 ? raw(' open') : nothing}>
    <summary><code>${kind} ${operation_id}</code> ${moment}</summary>
    <div class="bars waterfall">
      ${spans.map((span) => bar(span, end_ms))}
    </div>
    <p class="note">Trace <code>${trace_id}</code>${more.length === 0 ? '' : `; ${more.join(', ')}`}.</p>
  </details>`
}

function bar({ service, instance, name, depth, start_ms, duration_ms, error }: TracedSpan, end_ms: number): Markup {
  const left = Math.max(0, (start_ms / end_ms) * 100).toFixed(2)
  const width = Math.max(0.3, (duration_ms / end_ms) * 100).toFixed(2)
  const times = `${milliseconds(duration_ms)} from ${milliseconds(Math.max(0, start_ms))}`
  const text = error === null ? times : `${times}, ${error}`
  const look = `left:${left}%;width:${width}%`
  const kind = error === null ? 'span' : 'span failed-span'
  return hypertext`<div class="bar">
    <span class="subject" style="padding-left:${(depth * 0.6).toFixed(1)}rem" title="${instance}: ${name}"
      ><b>${service}</b> ${name}</span
    ><span class="track" role="img" aria-label="${service} ${name}: ${text}"
      ><i class="${kind}" style="${look}" title="${text}"></i></span
    ><span class="end">${milliseconds(duration_ms)}</span>
  </div>`
}
