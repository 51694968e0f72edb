import type { SpanDescription } from './tracer.ts'

// How messages are named in traces. The trace of a message travels in its header, beside the event: an event is the same for everybody.

export const traceHeader = 'traceparent'

export const sendSpan = (stream: string, { id, type }: { id: string; type: string }): SpanDescription => ({
  name: `send ${stream}`,
  kind: 'producer',
  attributes: {
    'messaging.system': 'nats',
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
    'messaging.destination.name': stream,
    'messaging.message.id': id,
    'slot.event.type': type,
  },
})

/** `messages`: how many the consumer took at once, and handles together. */
export const processSpan = (stream: string, durable: string, messages: number): SpanDescription => ({
  name: `process ${stream}`,
  kind: 'consumer',
  attributes: {
    'messaging.system': 'nats',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': stream,
    'messaging.consumer.group.name': durable,
    'messaging.batch.message_count': messages,
  },
})
