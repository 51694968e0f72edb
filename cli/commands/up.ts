import type { Argv } from 'yargs'
import { unknownName } from '#chaos/engine/nearest.ts'
import { targetNamed } from '#chaos/targets/registry.ts'
import { systemClock } from '#lib/clock.ts'
import { Failure } from '#lib/errors.ts'
import { prepareAll } from '#toolchain/resolve.ts'
import { catalogue } from '../catalogue.ts'
import { type PlaceOptions, flag, number, targetOptions, withDesign, withTarget } from '../options.ts'
import { standReady } from '../stand.ts'
import { session } from '../session.ts'

interface Options extends PlaceOptions {
  target: string
  design: string
  ports?: number
  json: boolean
}

/** The system outlives this command: it has no lease, every link can be broken, and `down` ends it. */
export const up = {
  command: 'up',
  describe: 'Start the system and leave it running',
  builder: (yargs: Argv) =>
    withDesign(withTarget(yargs))
      .option('ports', {
        ...number('ports', 'First port that it may take', { min: 1024, max: 65_000, integer: true }),
        alias: 'ports-from',
      })
      .option('json', flag('Print its addresses as JSON')),
  handler: async ({ target, design, ports, json, ...place }: Options): Promise<void> => {
    if (!catalogue.designs.includes(design))
      throw new Failure('UNKNOWN_DESIGN', unknownName('design', design, catalogue.designs))
    const where = targetNamed(target)
    const options = targetOptions(target, place)
    using here = session()
    const { terminal, signal } = here
    await prepareAll([...where.programs], { progress: terminal.line, signal })
    await standReady([{ target: where, options, programs: where.programs }], terminal, signal)
    const start_ms = systemClock.monotonic_ms()
    terminal.progress({ kind: 'begin', phase: 'up', title: 'system up' })
    const system = await where.up({
      design,
      links: 'all',
      lease_ms: 0,
      signal,
      options,
      ...(ports !== undefined && { ports_from: ports }),
      progress: (text) => terminal.progress({ kind: 'status', text }),
    })
    const elapsed_ms = systemClock.monotonic_ms() - start_ms
    terminal.progress({ kind: 'end', phase: 'up', text: `system ${system.id}`, elapsed_ms, ok: true })
    const { id, gateways, authority_file, accounts_file } = system
    if (json) console.log(JSON.stringify({ id, target, design, gateways, authority_file, accounts_file }, null, 2))
    else {
      for (const { region, url } of gateways) console.log(`gateway ${region}   ${url}`)
      console.log(`authority   ${authority_file}`)
      console.log(`accounts    ${accounts_file}`)
      console.log('end it with: npm run chaos -- down')
    }
  },
}
