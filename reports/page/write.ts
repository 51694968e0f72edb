import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Compile } from 'typebox/compile'
import { Failure, textOf } from '#lib/errors.ts'
import { recordFiles } from '../record/format.ts'
import { resultFile, type ResultFile } from '../record/result.ts'
import { replaceFile } from '../record/writer.ts'
import { runPage, suitePage } from './html.ts'
import { junitXml } from './junit.ts'
import { runMarkdown, suiteMarkdown } from './markdown.ts'

/** Writes report.html, report.md and junit.xml of a run that was judged. Throws Failure RUN_NOT_FOUND or RECORD_INVALID. */
export async function writeReports(folder: string): Promise<void> {
  const result = await readResult(folder)
  write(folder, { page: runPage(result), markdown: runMarkdown(result), junit: junitXml([result]) })
}

/** One report over several judged runs: the same three files, in the folder of the suite. */
export async function writeSuiteReports(suiteFolder: string, runFolders: readonly string[]): Promise<void> {
  const results = await Promise.all(runFolders.map(readResult))
  write(suiteFolder, { page: suitePage(results), markdown: suiteMarkdown(results), junit: junitXml(results) })
}

const validator = Compile(resultFile)

/** The result.json of a run. Throws Failure RUN_NOT_FOUND when there is none, RECORD_INVALID when it does not fit. */
export async function readResult(folder: string): Promise<ResultFile> {
  const path = join(folder, recordFiles.result)
  let result: unknown
  try {
    result = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Failure('RUN_NOT_FOUND', `${folder} has no ${recordFiles.result}`, {
        hint: 'npm run chaos -- recheck RUN judges a record again',
        cause: error,
      })
    throw new Failure('RECORD_INVALID', `${path}: ${textOf(error)}`, { cause: error })
  }
  if (validator.Check(result)) return result
  const errors = validator.Errors(result).slice(0, 5)
  const text = errors.map(({ instancePath, message }) => `${instancePath || '/'} ${message}`).join('; ')
  throw new Failure('RECORD_INVALID', `${path}: ${text}`)
}

function write(folder: string, documents: Record<'page' | 'markdown' | 'junit', string>): void {
  for (const [name, text] of Object.entries(documents))
    replaceFile(join(folder, recordFiles[name as keyof typeof documents]), text)
}
