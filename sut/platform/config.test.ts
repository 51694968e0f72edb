import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

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
    expect(readConfig({ SLOT_CONFIG: path }).instance).toBe('wallet-a')
    expect(readConfig({ SLOT_CONFIG: path, SLOT_INSTANCE: '' }).instance).toBe('wallet-a')
    expect(readConfig({ SLOT_CONFIG: path, SLOT_INSTANCE: 'wallet-a-7d-x' }).instance).toBe('wallet-a-7d-x')
    expect(() => readConfig({})).toThrow('SLOT_CONFIG names no file')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
