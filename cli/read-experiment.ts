import { readFile } from 'node:fs/promises'
import type { Catalogue } from '#chaos/engine/catalogue.ts'
import { nearest } from '#chaos/engine/nearest.ts'
import { own } from '#chaos/engine/plan.ts'
import { suites } from '#chaos/experiments/suites.ts'
import { Failure, textOf } from '#lib/errors.ts'

export interface NamedExperiment {
  source: string
  /** Not validated yet. */
  experiment: unknown
}

/** What each name stands for: an experiment, all of a suite, or what a .json file holds. `others`: words to guess with. */
export async function readExperiments(
  names: readonly string[],
  catalogue: Catalogue,
  others: readonly string[],
): Promise<NamedExperiment[]> {
  const wanted = names.flatMap((name) => own(suites, name)?.experiments ?? [name])
  return Promise.all(
    wanted.map(async (name) => {
      if (name.endsWith('.json') || name.includes('/')) return { source: name, experiment: await readJson(name) }
      const experiment = own(catalogue.experiments, name)
      if (experiment === undefined) throw unknown(name, catalogue, others)
      return { source: name, experiment }
    }),
  )
}

function unknown(name: string, catalogue: Catalogue, others: readonly string[]): Failure {
  const close = nearest(name, [...Object.keys(catalogue.experiments), ...Object.keys(suites), ...others])
  const guess = close === undefined ? '' : `; did you mean '${close}'?`
  return new Failure('UNKNOWN_EXPERIMENT', `there is no experiment, suite or command '${name}'${guess}`)
}

async function readJson(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? textOf(error)
    throw new Failure('EXPERIMENT_INVALID', `${path} cannot be read (${code})`, { cause: error })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Failure('EXPERIMENT_INVALID', `${path} is not JSON: ${textOf(error)}`, { cause: error })
  }
}
