import { join } from 'node:path'
import { type SystemContext, host } from '../context.ts'
import { type KeptProcess, keepRunning } from '../kept-process.ts'

/** The public door of a region: see edge.ts. */
export interface Edge {
  readonly region: string
  readonly port: number
  readonly kept: KeptProcess
}

export function createEdge(context: SystemContext, region: string): Edge {
  const name = `edge-${region}`
  const port = context.ports.port(name)
  const launch = () =>
    context.processes.spawn({
      name,
      command: process.execPath,
      args: [join('sut', 'local', 'services', 'edge.ts'), host, String(port)],
      cwd: context.request.root,
      environment: { NODE_COMPILE_CACHE: join(context.request.cache, 'compile') },
      channel: true,
    })
  return { region, port, kept: keepRunning(context, { name, region, launch }) }
}
