import { join } from 'node:path'
import { readLines } from '#lib/json-lines.ts'
import { recordFiles, requestComment, type HistoryLine } from '#reports/record/format.ts'
import type { EndLine, LoadLine } from '../k6/lines.ts'
import type { Stage } from '../profiles/profile.ts'
import { arrivalsOf } from './arrivals.ts'
import { inOrder } from './in-order.ts'
import { clientSpan, droppedRow, endEvent, invokeEvent, requestHeader, requestRows, unfinished } from './rows.ts'
import { surveyor, type Survey } from './survey.ts'
import { createLines } from './text-file.ts'

export interface IngestRequest {
  /** Folder of the record: requests.csv, history.jsonl, and traces.jsonl when something was sampled, are written there, anew. */
  folder: string
  run_id: string
  /** What the k6 program wrote. */
  output_file: string
  stages: readonly Stage[]
  /** When the load was told to stop; null when the schedule came to its end. */
  stop_asked_ms: number | null
  ended_ms: number
  /** What k6 has counted; null when it was killed. */
  counts: { iterations: number; dropped: number } | null
}

export interface Ingested {
  /** Arrivals that should have started up to the stop; planned = started + dropped. */
  planned: number
  started: number
  dropped: number
  /** Arrivals after the stop, which did nothing and count nowhere else. */
  skipped: number
  /** All operations, those beside the arrivals too (onboarding, fresh tokens). */
  operations: number
  ok: number
  fail: number
  info: number
  /** Operations that were under way when k6 ended: counted under `info` too. */
  unfinished: number
  /** Lines that a crash of k6 cut short. */
  torn: number
}

/**
 * Brings k6's output into the form of the record. Two passes in constant memory, but for 8 bytes an arrival: the first learns
 * when each arrival started, so that the second can say when it was planned.
 * Throws Failure DISK_FULL or OUTPUT_NOT_WRITABLE; a SyntaxError names a damaged line.
 */
export async function ingest(request: IngestRequest): Promise<Ingested> {
  const { folder, run_id, stages, stop_asked_ms } = request
  const { survey, torn } = await surveyOf(request.output_file)
  const { planned_ms, dropped_ms, started } = arrivalsOf(
    survey,
    stages,
    stop_asked_ms ?? request.ended_ms,
    request.counts,
  )
  const counts: Ingested = {
    planned: started + dropped_ms.length,
    started,
    dropped: dropped_ms.length,
    skipped: survey.skipped.size,
    operations: 0,
    ok: 0,
    fail: 0,
    info: 0,
    unfinished: survey.open.size,
    torn,
  }
  using requests = createLines(join(folder, recordFiles.requests))
  using history = createLines(join(folder, recordFiles.history))
  let traces: ReturnType<typeof createLines> | undefined
  using traceFile = new DisposableStack()
  const events = inOrder<HistoryLine>(survey.window_ms, (event) => history.add(JSON.stringify(event)))
  const plannedOf = (line: { i?: number; s: number }): number =>
    line.i === undefined ? line.s : Math.round(planned_ms[line.i]! * 1000) / 1000
  const ended = (line: EndLine): void => {
    counts.operations++
    counts[line.r]++
    for (const row of requestRows(line, plannedOf(line))) requests.add(row)
    events.add(endEvent(run_id, line))
    const span = clientSpan(line)
    if (span === null) return
    traces ??= traceFile.use(createLines(join(folder, recordFiles.traces)))
    traces.add(JSON.stringify(span))
  }

  requests.add(requestHeader)
  for await (const line of readLines<LoadLine>(request.output_file, { torn: () => undefined })) {
    if (line.t === 'invoke') events.add(invokeEvent(run_id, line, plannedOf(line)))
    if (line.t !== 'end') continue
    // Operations that move no money have no invoke line of their own; their end line carries the request.
    if (line.q !== undefined) events.add(invokeEvent(run_id, line, plannedOf(line)))
    ended(line)
  }
  const end_ms = Math.max(request.ended_ms, survey.newest_ms)
  for (const line of survey.open.values()) ended(unfinished(line, end_ms))
  events.end()
  for (const [index, time_ms] of dropped_ms.entries())
    requests.add(droppedRow(index + 1, Math.round(time_ms * 1000) / 1000))
  requests.seal(requestComment)
  history.seal()
  return counts
}

async function surveyOf(path: string): Promise<{ survey: Survey; torn: number }> {
  const lines = surveyor()
  let torn = 0
  for await (const line of readLines<LoadLine>(path, { torn: () => torn++ })) lines.add(line)
  return { survey: lines.result, torn }
}
