import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig, readHostConfig } from './config.ts'
import { writeSealed } from './sealed-file.ts'

const config = {
  service: 'wallet',
  region: 'a',
  instance: 'wallet-a',
  system: 'slot-1',
  design: 'standard',
  listen: { host: '0.0.0.0', port: 8443 },
  operations: { host: '0.0.0.0', port: 8080, token: 'token' },
  certificates: { authority: 'a', certificate: 'c', key: 'k' },
  discovery: 'discovery.json',
  secrets: {},
  drain_ms: 0,
  log_level: 'info',
}

test('instances that share a file have their names from the environment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-config-'))
  const path = join(folder, 'config.json')
  try {
    await writeFile(path, JSON.stringify(config))
    expect((await readConfig({ SLOT_CONFIG: path })).instance).toBe('wallet-a')
    expect((await readConfig({ SLOT_CONFIG: path, SLOT_INSTANCE: '' })).instance).toBe('wallet-a')
    expect((await readConfig({ SLOT_CONFIG: path, SLOT_INSTANCE: 'wallet-a-7d-x' })).instance).toBe('wallet-a-7d-x')
    await writeFile(path, JSON.stringify({ services: [config, { ...config, service: 'game' }] }))
    const names = async (instance: string) =>
      (await readHostConfig({ SLOT_CONFIG: path, SLOT_INSTANCE: instance })).services.map((each) => each.instance)
    expect(await names('')).toEqual(['wallet-a', 'wallet-a'])
    expect(await names('monolith-a-x')).toEqual(['wallet@monolith-a-x', 'game@monolith-a-x'])
    await expect(readConfig({})).rejects.toThrow('SLOT_CONFIG names no file')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a sealed file is read with its key, and the error of one that cannot be opened names the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-config-'))
  const path = join(folder, 'wallet-a.age')
  try {
    const other = await writeSealed(path, 'something else')
    const key = await writeSealed(path, JSON.stringify(config))
    expect(await readConfig({ SLOT_CONFIG: path, SLOT_CONFIG_KEY: key })).toEqual(config)
    const refused = { code: 'CONFIG_INVALID', message: expect.stringContaining(path) }
    await expect(readConfig({ SLOT_CONFIG: path, SLOT_CONFIG_KEY: other })).rejects.toMatchObject(refused)
    await expect(readConfig({ SLOT_CONFIG: path })).rejects.toMatchObject(refused)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
