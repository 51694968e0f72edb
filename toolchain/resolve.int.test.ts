import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Failure } from '#lib/errors.ts'
import { runProgram } from '#lib/run-program.ts'
import { fakeProgram, writeScript } from './fixture-program.ts'
import type { Program, Way } from './program.ts'
import { prepareAll, resolveProgram } from './resolve.ts'

let folder: string
let cache: string
let said: string[]
const options = (): { cache: string; progress: (text: string) => void } => ({
  cache,
  progress: (text) => said.push(text),
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-chaos-toolchain-'))
  cache = join(folder, 'cache')
  said = []
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

test('is prepared once, then found in the cache', async () => {
  const program = fakeProgram(join(folder, 'builds'))
  expect(await resolveProgram(program, options())).toMatchObject({ source: 'prepared', version: '1.2.3' })
  expect(said[0]).toBe('preparing fake 1.2.3 from a script (about 1 s, once) …')
  expect(await resolveProgram(program, options())).toMatchObject({ source: 'cache', version: '1.2.3' })
  expect(await readFile(join(folder, 'builds'), 'utf8')).toBe('built\n')
})

test('PATH comes first, but not with a version that is too old', async () => {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
  const program = fakeProgram(join(folder, 'builds'))
  await writeScript(join(bin, 'slot-chaos-fake'), '1.1.0')
  expect(await resolveProgram(program, options())).toMatchObject({ source: 'prepared', version: '1.2.3' })
  await writeScript(join(bin, 'slot-chaos-fake'), '1.9.0')
  expect(await resolveProgram(program, options())).toMatchObject({ source: 'path', version: '1.9.0' })
})

test('an entry that does not answer is built again', async () => {
  const program = fakeProgram(join(folder, 'builds'))
  const { path } = await resolveProgram(program, options())
  await writeFile(path, 'rubbish')
  await chmod(path, 0o755)
  expect(await resolveProgram(program, options())).toMatchObject({ source: 'prepared', path })
  expect(await readFile(join(folder, 'builds'), 'utf8')).toBe('built\nbuilt\n')
})

test('two processes at once build once, and leave one entry', async () => {
  const script = join(import.meta.dirname, 'fixture-program.ts')
  const run = (): Promise<{ stdout: string }> =>
    runProgram(process.execPath, [script, cache, join(folder, 'builds')], { limit_ms: 30_000 })
  const outputs = await Promise.all([run(), run(), run()])
  expect(outputs.map(({ stdout }) => stdout.trim()).toSorted()).toEqual(['cache', 'cache', 'prepared'])
  expect(await readFile(join(folder, 'builds'), 'utf8')).toBe('built\n')
  expect(await readdir(cache)).toHaveLength(1)
})

test('what a killed run left half done is removed', async () => {
  await mkdir(join(cache, 'preparing-fake-0000'), { recursive: true })
  await resolveProgram(fakeProgram(join(folder, 'builds')), options())
  expect((await readdir(cache)).filter((name) => name.startsWith('preparing-'))).toEqual([])
})

test('the second way is taken when the first fails', async () => {
  const program = fakeProgram(join(folder, 'builds'))
  const ways = [failing('the first way', 'line one\nno route to host'), ...program.ways]
  expect(await resolveProgram({ ...program, ways }, options())).toMatchObject({ source: 'prepared' })
})

test('where no way works, the error names program, version, what was tried and how to get it', async () => {
  const ways = [failing('by hand', 'no hands'), { ...failing('by foot', ''), obstacle: async () => 'no feet' }]
  const failure = await failureOf({ ...fakeProgram(join(folder, 'builds')), ways })
  expect(failure).toMatchObject({ code: 'TOOL_MISSING', exit: 2 })
  expect(failure.message).toContain('fake 1.2.3 is missing')
  expect(failure.message).toContain('by hand: no hands')
  expect(failure.message).toContain('by foot: no feet')
  expect(failure.message).toContain('get it with a pencil')
})

test('a full disk is said as such', async () => {
  const program = fakeProgram(join(folder, 'builds'))
  expect(await failureOf({ ...program, needs_mib: 2 ** 40 })).toMatchObject({ code: 'DISK_FULL', exit: 2 })
  const full = failing('a way', 'write: no space left on device')
  expect(await failureOf({ ...program, ways: [full] })).toMatchObject({ code: 'DISK_FULL' })
})

test('a cache folder that cannot be made is said as such', async () => {
  await writeFile(cache, 'a file where the folder should be')
  const failure = await failureOf(fakeProgram(join(folder, 'builds')))
  expect(failure).toMatchObject({ code: 'TOOL_MISSING', hint: 'set SLOT_CHAOS_CACHE to a folder of your own' })
})

test('with nothing on PATH all missing programs are named at once', async () => {
  vi.stubEnv('PATH', folder)
  const failure = await prepareAll(['redis', 'k6'], options()).catch((error: unknown) => error as Failure)
  expect(failure).toMatchObject({ code: 'TOOL_MISSING' })
  const { message } = failure as Failure
  for (const part of [
    'redis 6.2 is missing',
    'k6 1.8.1 is missing',
    'apt-get is missing',
    'python3 is missing',
    'brew',
  ]) {
    expect(message).toContain(part)
  }
})

function failing(name: string, text: string): Way {
  return { name, typical_s: 1, obstacle: async () => undefined, prepare: () => Promise.reject(new Error(text)) }
}

async function failureOf(program: Program): Promise<Failure> {
  const error: unknown = await resolveProgram(program, options()).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Failure)) throw new Error('it did not fail with a Failure', { cause: error })
  return error
}
