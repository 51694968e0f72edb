import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ProgramFailed } from '#lib/run-program.ts'
import { type Artifact, artifactKey, artifactsFolder, ensureArtifact, isMade, keyOf } from './artifact.ts'

let cache: string
let made: number
const progress = (): void => undefined
const artifact = (change: Partial<Artifact> = {}): Artifact => ({
  name: 'thing',
  made_of: ['v1'],
  typical_s: 1,
  make: async (folder) => {
    made++
    await writeFile(join(folder, 'thing'), 'whole')
  },
  ...change,
})

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'slot-chaos-artifact-'))
  vi.stubEnv('SLOT_CHAOS_CACHE', cache)
  made = 0
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(cache, { recursive: true, force: true })
})

test('is made once, also when two want it at the same time', async () => {
  const folders = await Promise.all([
    ensureArtifact(artifact(), { progress }),
    ensureArtifact(artifact(), { progress }),
  ])
  expect(folders[0]).toBe(folders[1])
  expect(await readFile(join(folders[0], 'thing'), 'utf8')).toBe('whole')
  expect(made).toBe(1)
})

test('another content is another artifact', async () => {
  await ensureArtifact(artifact(), { progress })
  expect(await isMade(artifact())).toBe(true)
  expect(await isMade(artifact({ made_of: ['v2'] }))).toBe(false)
  expect(artifactKey(artifact())).toBe(keyOf(['v1']))
})

test('a failure names what, ends with its log, and leaves nothing half-made', async () => {
  const make = async (folder: string): Promise<void> => {
    await writeFile(join(folder, 'half'), '')
    throw new ProgramFailed('go ended with 1', { stdout: '', stderr: 'first line\nno such module' })
  }
  const failing = ensureArtifact(artifact({ make }), { progress })
  await expect(failing).rejects.toMatchObject({ code: 'IMAGE_FAILED' })
  await expect(failing).rejects.toThrow(
    'thing could not be made: go ended with 1\n--- end of its log\nfirst line\nno such',
  )
  expect(await readdir(artifactsFolder())).toEqual([])
  expect(await ensureArtifact(artifact(), { progress })).toContain('thing-')
})

test('a full disk is called a full disk', async () => {
  const make = async (): Promise<void> => {
    throw new ProgramFailed('tar ended with 2', { stdout: '', stderr: 'write: No space left on device' })
  }
  await expect(ensureArtifact(artifact({ make }), { progress })).rejects.toMatchObject({ code: 'DISK_FULL' })
})

test('rubbish of a run that was killed is removed', async () => {
  const rubbish = join(artifactsFolder(), 'preparing-thing-123')
  await ensureArtifact(artifact({ made_of: ['other'] }), { progress })
  await writeFile(rubbish, '')
  await ensureArtifact(artifact(), { progress })
  expect(await readdir(artifactsFolder())).not.toContain('preparing-thing-123')
})
