import { spawn } from 'node:child_process'
import { localTarget } from '../target.ts'
import { standIn } from './bundle.ts'

// A harness that starts a system, breaks it, tells its identity and waits to be killed: for tests of the dead-man's switch.
//
//   node chaos/targets/local/testing/harness.ts LEASE_MS
const lease_ms = Number(process.argv[2])
const system = await localTarget(standIn).up({
  design: 'standard',
  links: 'all',
  lease_ms,
  progress: () => undefined,
  signal: new AbortController().signal,
})
const load = spawn('sleep', ['600'], { stdio: 'ignore', detached: true })
await system.guard(load.pid!)
await system.faults.addToxic('gateway-a>wallet-a-1', {
  name: 'slow',
  type: 'latency',
  stream: 'downstream',
  attributes: { latency: 100 },
})
console.log(JSON.stringify({ id: system.id, load: load.pid }))
