import { draws, type Draw } from './draw.ts'

// Whether an operation is traced is decided here, once, for all of its attempts and for everybody whom they reach: W3C trace context
// (https://www.w3.org/TR/trace-context/), whose last digit says it. The client is the root of the tree.

export interface OperationTrace {
  /** Of every request of the operation. */
  traceparent: string
  /** Proof that whoever asks for the trace may (sign.ts); of one that is sampled. */
  tracestate?: string
  /** Trace and root span of one that is sampled. */
  sampled?: [trace_id: string, span_id: string]
}

/** The seed alone says which operations are sampled; runs with one seed have different identifiers nevertheless. */
export function operationTrace(seed: string, run_id: string, share: number, operation_id: string): OperationTrace {
  const identify = draws(run_id, `trace-${operation_id}`)
  const trace_id = words(identify, 4)
  const span_id = words(identify, 2)
  const traceparent = `00-${trace_id}-${span_id}-`
  // With a larger share the same ones are sampled, and more.
  return draws(seed, `sample-${operation_id}`)() < share
    ? { traceparent: `${traceparent}01`, sampled: [trace_id, span_id] }
    : { traceparent: `${traceparent}00` }
}

/** Eight hexadecimal digits for each number drawn. */
function words(draw: Draw, count: number): string {
  let text = ''
  for (let word = 0; word < count; word++)
    text += Math.floor(draw() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return text
}
