import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSealed, writeSealed } from './sealed-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-sealed-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('its key opens it, another does not, and nothing of it can be read', async () => {
  const [one, other] = [join(folder, 'one.age'), join(folder, 'other.age')]
  const key = await writeSealed(one, 'correct horse')
  const another = await writeSealed(other, 'battery staple')
  expect(await readSealed(one, key)).toBe('correct horse')
  expect(await readFile(one, 'latin1')).not.toContain('horse')
  await expect(readSealed(one, another)).rejects.toThrow('no identity matched')
})

test('a file that was changed does not open', async () => {
  const path = join(folder, 'changed.age')
  const key = await writeSealed(path, 'balance: 1')
  const bytes = await readFile(path)
  bytes[bytes.length - 1]! ^= 1
  await writeFile(path, bytes)
  await expect(readSealed(path, key)).rejects.toThrow()
})

test('written again, it has another key', async () => {
  const path = join(folder, 'again.age')
  const before = await writeSealed(path, 'first')
  const key = await writeSealed(path, 'second')
  expect(await readSealed(path, key)).toBe('second')
  await expect(readSealed(path, before)).rejects.toThrow('no identity matched')
})
