import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { calm } from '#chaos/experiments/calm.ts'
import { waitFor } from '#lib/wait.ts'
import type { ResultFile } from '#reports/record/result.ts'
import { bundledMix } from '#scenarios/mix.ts'

// The command as a user runs it, against the whole system. SLOT_CHAOS_STATE keeps these systems apart from the user's own.
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-chaos-e2e-'))
  // PostgreSQL of root runs as another user, who must be able to enter.
  await chmod(folder, 0o755)
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

function start(...args: string[]) {
  const child = spawn('npm', ['run', '--silent', 'chaos', '--', ...args], {
    env: { ...process.env, SLOT_CHAOS_STATE: join(folder, 'state') },
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

async function result(...args: string[]): Promise<{ code: number | null; result: ResultFile; out: string }> {
  const out = join(folder, `run-${args.join('-').replaceAll(/[^a-z0-9]+/g, '-')}`)
  const ended = await run(...args, '--out', out, '--json')
  if (ended.stdout === '') throw new Error(`no result: ${ended.stderr}`)
  const parsed = JSON.parse(ended.stdout) as ResultFile | ResultFile[]
  return { code: ended.code, result: Array.isArray(parsed) ? parsed[0]! : parsed, out }
}

/**
 * Everything that was started for a run here, k6 and proxies too: its command line, its environment or its working folder
 * says so. Redis writes over the first two.
 */
async function processes(): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [line, ...places] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
      readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''),
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
    ])
    if (Number(pid) !== process.pid && [line, ...places].some((text) => text.includes(folder)))
      found.push(`${pid} ${line.replaceAll('\0', ' ')}`)
  }
  return found
}

describe('npm run chaos', () => {
  test('wallet-kill: the system passes, the report stands alone, nothing is left', async () => {
    const { code, result: judged, out } = await result('wallet-kill', '--trials', '1', '--seed', 'e2e')
    expect(judged.verdict).toMatchObject({ system: 'PASS', harness: 'PASS', cleanup: 'PASS', reasons: [] })
    expect(code).toBe(0)
    expect(judged.consistency.operations).toBeGreaterThan(500)
    expect(judged.recovery.trials).toHaveLength(1)
    const page = await fileIn(out, 'report.html')
    expect(page).toContain('wallet-kill')
    expect(page).not.toMatch(/(src|href)="https?:/)
    expect(await processes()).toEqual([])
  })

  test('calm without its thief is inconclusive, and says which danger was not met', async () => {
    const { thief = 0, player = 0, ...others } = bundledMix
    const mix = { ...others, player: player + thief }
    const path = join(folder, 'unattacked.json')
    // How well it is served is another question: that of a busy machine would be inconclusive too.
    const steady_state = { success_rate_min: 0.3, p99_ms_max: 5_000, for_s: 3, limit_s: 60 }
    const { consistent, exercised } = calm.expectations
    const load = { ...calm.load, rate_per_s: 20, mix }
    const unattacked = { ...calm, name: 'unattacked', load, steady_state, expectations: { consistent, exercised } }
    await writeFile(path, JSON.stringify(unattacked))
    const { code, result: judged } = await result(path)
    expect([code, judged.verdict.system]).toEqual([3, 'INCONCLUSIVE'])
    const unmet = judged.verdict.expectations.filter(({ state }) => state === 'INCONCLUSIVE')
    expect(unmet.map(({ name, measured }) => `${name} ${measured}`).join('\n')).toMatch(/\battacks\b/)
    expect(judged.consistency.checks.find(({ name }) => name === 'thief-gets-nothing')?.state).toBe('NOT_EXERCISED')
  })

  for (const design of ['idempotency-off', 'ack-before-commit', 'seed-swapped'])
    test(`wallet-kill finds the planted bug ${design}, with a witness`, async () => {
      const { code, result: judged, out } = await result('wallet-kill', '--trials', '2', '--design', design)
      expect(code).toBe(1)
      expect(judged.verdict.system).toBe('FAIL')
      const { text, operations } = judged.consistency.violations[0]!.witness
      const { operation_id } = operations[0] as { operation_id: string }
      expect(text).toContain(` ${operation_id} `)
      expect(await fileIn(out, 'history.jsonl')).toContain(`"operation_id":"${operation_id}"`)
    })

  // The check that is meant for it, and what else sees the same from outside; the audit trail is sound, or it is what was broken.
  const betrayed = {
    'nonce-burned': ['nonces-once', 'proofs-hold'],
    'hold-kept': ['holds-end', 'reads-committed'],
    'audit-skips': ['audit-chain'],
  }
  for (const [design, [check, ...also]] of Object.entries(betrayed))
    test(`wallet-kill finds the planted bug ${design} by ${check}, and the audit trail is unbroken`, async () => {
      const { code, result: judged, out } = await result('wallet-kill', '--trials', '1', '--design', design)
      expect(code).toBe(1)
      const kinds = new Set(judged.consistency.violations.map(({ kind }) => kind))
      expect(kinds).toContain(check)
      expect([...kinds].filter((kind) => kind !== check && !also.includes(kind))).toEqual([])
      const verified = await start('audit', out).ended
      expect(verified.code).toBe(0)
    })

  test('wallet-kill with all services in one process a region: the books agree, whoever is killed', async () => {
    const { code, result: judged } = await result('wallet-kill', '--trials', '1', '--design', 'monolith')
    expect(judged.verdict).toMatchObject({ system: 'PASS', harness: 'PASS', cleanup: 'PASS', reasons: [] })
    expect(code).toBe(0)
    expect(judged.recovery.trials[0]!.targets).toEqual(['monolith-a-1'])
  })

  test('kill -9 of the harness in the middle of a fault leaves nothing 30 s later', async () => {
    const out = join(folder, 'killed')
    const { child, text, ended } = start('link-latency-wallet', '--out', out)
    const bites = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`it ended before the fault: ${text.stderr}`)
      return (await fileIn(out, 'journal.jsonl')).includes('"effective"')
    }
    await waitFor(bites, { what: 'the fault to bite', limit_ms: 120_000, every_ms: 200 })
    const running = (await processes()).join('\n')
    for (const program of ['k6', 'toxiproxy', 'postgres', 'nats-server', 'redis-server', 'sut/'])
      expect(running).toContain(program)
    process.kill(-child.pid!, 'SIGKILL')
    await ended
    await waitFor(async () => (await processes()).length === 0, {
      what: 'the end of all processes',
      limit_ms: 30_000,
      every_ms: 250,
    })
    const recovered = await run('recover')
    expect(recovered.code).toBe(0)
    expect(recovered.stdout).toMatch(/nothing/i)
  })
})

async function fileIn(out: string, wanted: string): Promise<string> {
  const files = await readdir(out, { recursive: true }).catch(() => [])
  const file = files.find((name) => name.endsWith(wanted))
  return file === undefined ? '' : readFile(join(out, file), 'utf8')
}
