import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import type { ResultFile } from '#reports/record/result.ts'

// The command as a user runs it, on a kind cluster: in a sandbox where this user is root on Linux, else with the engine that answers.
const sandboxed = process.platform === 'linux' && process.getuid?.() === 0
const where = ['--target', 'kind', ...(sandboxed ? ['--sandbox'] : [])]
const run_limit_ms = 15 * 60_000
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-chaos-kind-'))
})
afterAll(async () => {
  if (sandboxed) await run('down', ...where)
  await rm(folder, { recursive: true, force: true })
}, 120_000)

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

function start(...args: string[]) {
  const child = spawn('npm', ['run', '--silent', 'chaos', '--', ...args], {
    env: { ...process.env, SLOT_CHAOS_STATE: join(folder, 'state'), SLOT_CHAOS_SANDBOX: 'slot-chaos-test' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const text = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()))
  const ended: Promise<Ended> = once(child, 'close').then(([code]) => ({ code: code as number | null, ...text }))
  return { child, text, ended }
}
const run = (...args: string[]): Promise<Ended> => start(...args).ended

async function result(
  name: string,
  ...more: string[]
): Promise<{ code: number | null; result: ResultFile; out: string }> {
  const out = join(folder, `${name}-${more.join('')}`)
  const ended = await run(name, ...where, ...more, '--out', out, '--json')
  if (ended.stdout === '') throw new Error(`no result: ${ended.stderr}`)
  return { code: ended.code, result: JSON.parse(ended.stdout) as ResultFile, out }
}

describe('each experiment of the suite quick passes', () => {
  test(
    'wallet-kill: the phases of a pod that is killed are those of Kubernetes',
    { timeout: run_limit_ms },
    async () => {
      const { code, result: judged, out } = await result('wallet-kill')
      expect(judged.verdict).toMatchObject({ system: 'PASS', harness: 'PASS', cleanup: 'PASS' })
      expect(code).toBe(0)
      const phases = new Set(judged.recovery.trials.flatMap((trial) => trial.phases.map(({ name }) => name)))
      for (const phase of ['detect', 'start', 'ready', 'routed']) expect([...phases]).toContain(phase)
      const { settings } = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as { settings: object }
      expect(settings).toHaveProperty('node_monitor_grace_period_s')
      expect(settings).toHaveProperty('patroni_ttl_s')
    },
  )

  test('traffic-surge: the autoscaler of Kubernetes decides', { timeout: run_limit_ms }, async () => {
    const { result: judged, out } = await result('traffic-surge')
    expect(judged.verdict.system).toBe('PASS')
    expect(await readFile(join(out, 'observations.jsonl'), 'utf8')).toContain('"kind":"scaling"')
  })

  test('region-failover: Patroni promotes the standby', { timeout: run_limit_ms }, async () => {
    const { result: judged, out } = await result('region-failover')
    expect(judged.verdict.system).toBe('PASS')
    const observations = await readFile(join(out, 'observations.jsonl'), 'utf8')
    expect(observations).toMatch(/"event":"promoted","subject":"postgres-b"/)
    expect(observations).toMatch(/"event":"unhealthy","subject":"node /)
  })
})

test('a link is slow, and as it was afterwards', { timeout: run_limit_ms }, async () => {
  const { result: judged } = await result('link-latency-wallet')
  expect(judged.verdict).toMatchObject({ system: 'PASS', cleanup: 'PASS' })
})

test('a planted bug turns the verdict red', { timeout: run_limit_ms }, async () => {
  const { code, result: judged } = await result('wallet-kill', '--design', 'idempotency-off')
  expect(judged.verdict.system).toBe('FAIL')
  expect(judged.consistency.violations.length).toBeGreaterThan(0)
  expect(code).toBe(1)
})

test(
  'kill -9 of the harness: its warden ends the system, recover finds nothing',
  { timeout: run_limit_ms },
  async () => {
    const { child, text, ended } = start('wallet-kill', ...where, '--out', join(folder, 'killed'))
    await waitFor(() => /^ {2}load /m.test(text.stderr), {
      what: 'the load',
      limit_ms: run_limit_ms / 2,
      every_ms: 500,
    })
    process.kill(-child.pid!, 'SIGKILL') // its group; the warden is in a session of its own
    await ended
    const state = join(folder, 'state', 'kubernetes')
    const left = async (): Promise<boolean> => !existsSync(state) || (await readdir(state)).length === 0
    await waitFor(left, { what: 'the system to be gone', limit_ms: 120_000, every_ms: 1_000 })
    expect((await run('status', '--target', 'kind')).stdout).toContain('no system is running')
    expect((await run('recover', '--runs', folder)).code).toBe(0)
  },
)

test('up, status, a fault by hand, down', { timeout: run_limit_ms }, async () => {
  const up = await run('up', ...where, '--json')
  expect(up.code).toBe(0)
  const { id } = JSON.parse(up.stdout) as { id: string }
  const second = await run('up', ...where)
  expect(second.stderr).toContain('SYSTEM_EXISTS')
  const injected = await run('inject', 'pod-delete', '--param', 'service=catalog', '--param', 'region=b', '--for', '1')
  expect(injected.stderr).toContain('reverted')
  const paused = await run('inject', 'node-pause', '--param', 'region=b', '--for', '5')
  expect(paused.stderr).toContain('do not answer any more')
  expect((await run('status')).stdout).toContain(`system ${id}`)
  expect((await run('down', id)).stdout).toContain('is down')
})
