import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { experiments } from '#chaos/experiments/registry.ts'

// The real command in plain node: every wrong use is one message with a hint, exit code 2, and starts nothing.
const root = resolve(import.meta.dirname, '..')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function chaos(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(join(root, 'node_modules/.bin/node'), [join(root, 'cli/main.ts'), ...args], {
    cwd: root,
    // Whoever runs this may have a cluster, in a sandbox or not: not theirs is asked.
    env: {
      ...process.env,
      SLOT_CHAOS_STATE: join(folder, 'state'),
      SLOT_CHAOS_SANDBOX: 'slot-chaos-none',
      DOCKER_HOST: `unix://${join(folder, 'no-engine')}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, ...text }
}

const wrong: [string[], code: string, part: string][] = [
  [['walet-kill'], 'UNKNOWN_EXPERIMENT', "did you mean 'wallet-kill'?"],
  [['recoverr'], 'UNKNOWN_EXPERIMENT', "did you mean 'recover'?"],
  [['--frobnicate'], 'USAGE', 'frobnicate'],
  [['wallet-kill', '--trials', 'many'], 'USAGE', '--trials must be an integer from 1 to 100'],
  [['wallet-kill', '--trials', '0'], 'USAGE', '--trials must be an integer from 1 to 100'],
  [['wallet-kill', '--trials', '1', '--trials', '2'], 'USAGE', 'more than once'],
  [['wallet-kill', '--seed', ''], 'USAGE', 'seed'],
  [['--target', 'moon'], 'TARGET_UNAVAILABLE', 'only local, kind, kubernetes'],
  [['wallet-kill', '--sandbox'], 'USAGE', 'the target local knows no --sandbox'],
  [['wallet-kill', '--target', 'kind', '--context', 'x'], 'USAGE', 'the target kind knows no --context'],
  [['region-failover', '--target', 'kubernetes'], 'NOT_SUPPORTED_BY_TARGET', 'cannot do region.outage'],
  [['wallet-kill', '--target', 'kubernetes', '--context', 'eu-prod'], 'CONTEXT_REFUSED', 'eu-prod is on the deny list'],
  [['wallet-kill', '--design', 'constructor'], 'UNKNOWN_DESIGN', 'standard'],
  [['wallet-kill', '--out', '/dev/null/run'], 'OUTPUT_NOT_WRITABLE', '/dev/null/run'],
  [['./nothing-here.json'], 'EXPERIMENT_INVALID', 'cannot be read (ENOENT)'],
  [['inject'], 'USAGE', 'Not enough'],
  [['inject', 'procces-kill'], 'UNKNOWN_FAULT', "did you mean 'process-kill'?"],
  [['inject', 'process-kill', '--param', 'service'], 'USAGE', 'name=value'],
  [['inject', 'process-kill', '--param', 'service=walet'], 'FAULT_PARAMETERS_INVALID', "'walet'"],
  [['inject', 'process-kill', '--param', 'service=wallet'], 'SYSTEM_NOT_FOUND', 'no system is running'],
  [['replay', 'nothing'], 'RUN_NOT_FOUND', 'nothing'],
  [['recheck', 'nothing'], 'RUN_NOT_FOUND', 'nothing'],
  [['audit', 'nothing'], 'RUN_NOT_FOUND', 'nothing'],
  [['audit'], 'SYSTEM_NOT_FOUND', 'no system is running'],
  [['gate', 'nothing'], 'USAGE', 'baseline'],
]

describe.concurrent('wrong use', { timeout: 30_000 }, () => {
  test.each(wrong)('%j is %s', async (args, code, part) => {
    const ended = await chaos(...args)
    const [error, hint] = ended.stderr.split('\n')
    expect(error).toMatch(new RegExp(`^error ${code}: `))
    expect(ended.stderr).toContain(part)
    expect(ended.stderr).toContain('\nhint: ')
    expect(hint).not.toBe('')
    expect(ended.stderr).not.toMatch(/\n\s+at /)
    expect(ended.stdout).toBe('')
    expect(ended.code).toBe(2)
  })
})

test('a file with the wrong shape: every problem with its place', { timeout: 30_000 }, async () => {
  const file = join(folder, 'mine.json')
  const { 'wallet-kill': good } = experiments
  await writeFile(file, JSON.stringify({ ...good, trials: 0, colour: 'red', load: { ...good!.load, players: 'x' } }))
  const { code, stderr } = await chaos(file)
  expect(code).toBe(2)
  for (const part of ['error EXPERIMENT_INVALID', '/trials', 'colour', '/load/players', 'hint: '])
    expect(stderr).toContain(part)
  await writeFile(file, '{')
  expect((await chaos(file)).stderr).toContain('is not JSON')
})

test('a folder that holds something is never written over', { timeout: 30_000 }, async () => {
  const out = await mkdtemp(join(folder, 'out-'))
  await writeFile(join(out, 'mine.txt'), 'mine')
  const { code, stderr } = await chaos('wallet-kill', '--out', out)
  expect(code).toBe(2)
  expect(stderr).toContain('is not empty')
  expect(await readdir(out)).toEqual(['mine.txt'])
})

test('--dry-run of a file plans it and starts nothing', { timeout: 30_000 }, async () => {
  const file = join(folder, 'good.json')
  await writeFile(file, JSON.stringify({ ...experiments['link-latency-wallet'], name: 'mine' }))
  const out = join(folder, 'dry')
  const { code, stdout, stderr } = await chaos(file, '--dry-run', '--out', out, '--seed', '7')
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toContain('mine: Every answer of the wallet comes 150 ms late')
  expect(stdout).toContain('game-* → wallet-*')
  expect(stdout).toContain('seed 7')
  expect(await readdir(folder)).not.toContain('dry')
})

test('list, status and recover answer without a system', { timeout: 30_000 }, async () => {
  const listed = await chaos('list', '--json')
  const sections = JSON.parse(listed.stdout) as { kind: string; items: { name: string }[] }[]
  const names = sections.find(({ kind }) => kind === 'experiments')?.items.map(({ name }) => name)
  expect(names).toEqual(Object.keys(experiments))
  expect(await chaos('status')).toEqual({ code: 0, stdout: 'no system is running\n', stderr: '' })
  expect(await chaos('recover', '--runs', join(folder, 'none'))).toEqual({
    code: 0,
    stdout: 'nothing was left behind\n',
    stderr: '',
  })
})
