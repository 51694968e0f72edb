import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Artifact, ensureArtifact } from './artifact.ts'
import { assertRoom } from './room.ts'

let cache: string
let said: string[]
const progress = (text: string): void => void said.push(text)
const part: Artifact = { name: 'part', made_of: [1], typical_s: 600, make: async () => undefined }
const plenty = { free_mib: 100_000, total_mib: 16_000 }

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'slot-chaos-room-'))
  vi.stubEnv('SLOT_CHAOS_CACHE', cache)
  said = []
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(cache, { recursive: true, force: true })
})

test('says what will be made before it begins', async () => {
  await assertRoom([part], progress, plenty)
  expect(said).toEqual([expect.stringMatching(/^1 parts of the node image will be made, about \d+ min, once: part$/)])
})

test('a disk or a memory that is too small is refused with the need', async () => {
  const small_disk = assertRoom([part], progress, { ...plenty, free_mib: 1000 })
  await expect(small_disk).rejects.toMatchObject({ code: 'DISK_FULL' })
  await expect(small_disk).rejects.toThrow(/needs 5250 MiB; .* has 1000 MiB free/)
  const small_memory = assertRoom([part], progress, { ...plenty, total_mib: 2000 })
  await expect(small_memory).rejects.toThrow('needs 3500 MiB of memory; there are 2000')
})

test('what is made already needs no room', async () => {
  await ensureArtifact(part, { progress: () => undefined })
  await assertRoom([part], progress, { free_mib: 0, total_mib: 0 })
  expect(said).toEqual([])
})
