import type { PlantedBug } from '../planted-bug.ts'

export const traceFlagTrusted: PlantedBug = {
  name: 'trace-flag-trusted',
  title: 'Any client has its requests traced',
  description: 'The gateway believes the sampled flag of whoever sends it, so anybody can fill the stream of traces.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {
    'gateway.proves-trace': (standard, mark) => (trace_id, tracestate) => {
      mark('ran')
      const proven = standard(trace_id, tracestate)
      if (!proven) mark('reached')
      return true
    },
  },
}
