import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { assertNewEnough, assertSandboxPossible } from './requirements.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-chaos-requirements-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

const script = (name: string, text: string): Promise<void> =>
  writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })

test('another system than Linux and another user than root are told what to do instead', async () => {
  await expect(assertSandboxPossible({ platform: 'darwin', uid: 0 })).rejects.toMatchObject({
    code: 'SANDBOX_NEEDS_ROOT',
    hint: expect.stringContaining('leave --sandbox out') as string,
  })
  await expect(assertSandboxPossible({ platform: 'linux', uid: 1000 })).rejects.toMatchObject({
    code: 'SANDBOX_NEEDS_ROOT',
    hint: expect.stringContaining('sudo') as string,
  })
})

test('missing programs are all named, with their packages', async () => {
  vi.stubEnv('PATH', folder)
  const refused = assertSandboxPossible({ platform: 'linux', uid: 0 })
  await expect(refused).rejects.toMatchObject({ code: 'ENGINE_MISSING' })
  await expect(refused).rejects.toThrow('nsenter, ip, iptables, dockerd, containerd, docker')
  await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('install-engine.sh') as string })
})

test('an engine that is too old is refused by its version', async () => {
  for (const name of ['nsenter', 'ip', 'iptables', 'containerd', 'docker']) await script(name, '')
  await script('dockerd', 'echo "Docker version 20.10.24+dfsg1, build 297e128"')
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
  const refused = assertSandboxPossible({ platform: 'linux', uid: 0 })
  await expect(refused).rejects.toMatchObject({ code: 'ENGINE_TOO_OLD' })
  await expect(refused).rejects.toThrow('the Docker engine is 20.10.24; needed is 23 or newer')
  await script('dockerd', 'echo "Docker version 26.1.5+dfsg1, build 411e817"')
  await assertSandboxPossible({ platform: 'linux', uid: 0 })
})

test('versions', () => {
  expect(() => assertNewEnough('23.0.1')).not.toThrow()
  expect(() => assertNewEnough('28.2.2')).not.toThrow()
  expect(() => assertNewEnough('20.10.5')).toThrow('needed is 23')
  expect(() => assertNewEnough('')).toThrow('of an unknown version')
})
