import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '#lib/clock.ts'
import { Failure, textOf } from '#lib/errors.ts'
import { errorText, redactor } from '#lib/redacted.ts'
import { identify } from '#lib/process.ts'
import { serveControl } from './control-server.ts'
import { socketFile } from './control.ts'
import { type SystemContext, host } from './context.ts'
import { endSystem, prepareFolders, startWarden } from './end.ts'
import { handlersOf, streamsOf } from './handlers.ts'
import { openObservations } from '#reports/record/observations.ts'
import { takePortBlock } from './port-block.ts'
import { type Processes, ownProcesses } from './processes.ts'
import { callersIn } from '#sut/contracts/topology.ts'
import { type StartMessage, type StartRequest, type SystemFile, parseJson, startRequest } from './request.ts'
import { createSecrets, staffAccounts, staffFile, traceKeyFile } from '#sut/deployment/secrets.ts'
import { createSessions } from './sessions.ts'
import { defaultSettings } from './settings.ts'
import { isDiskFull } from './start-guard.ts'
import { type System, startSystem } from './system.ts'

// The daemon of one system: it starts everything, keeps it running, breaks it when told to, and ends it.
//
//   node sut/local/main.ts FOLDER        FOLDER/request.json says what to start; messages to the parent until it is ready
//
// It ends when told (`down`, SIGTERM), when its leased owner falls silent, or when whoever starts it goes away before it is ready.

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: node sut/local/main.ts FOLDER')
const request = parseJson(startRequest, readFileSync(join(folder, 'request.json'), 'utf8'), 'request.json')
const ending = new AbortController()
const started_at_ms = systemClock.wall_ms()
let processes: Processes | undefined
let ended: Promise<void> | undefined
let starting = true

const tell = (message: StartMessage): void => {
  if (process.connected) process.send?.(message, () => undefined) // whoever asked may be gone: then nobody listens
}
const warden = startWarden(folder, request.root, ending.signal)

/** Ends everything, once. The process ends with it. */
function end(failure?: unknown): Promise<void> {
  ended ??= (async () => {
    ending.abort()
    await endSystem(folder!, processes)
    if (failure !== undefined) tell({ kind: 'failed', ...failureOf(failure) })
    await warden.stop()
    process.exit(failure === undefined ? 0 : 1)
  })().catch((error: unknown) => {
    console.error(redactor([])(textOf(error)))
    process.exit(1) // the warden does what is left
  })
  return ended
}

function failureOf(error: unknown): { code: string; message: string; hint?: string } {
  if (error instanceof Failure) return { code: error.code, message: error.message, hint: error.hint }
  const code = isDiskFull(error) ? 'DISK_FULL' : 'SYSTEM_START_FAILED'
  return { code, message: redactor([])(errorText(error)) }
}

function write(file: SystemFile): SystemFile {
  const path = join(folder!, 'system.json')
  writeFileSync(`${path}.new`, JSON.stringify(file), { mode: 0o600 })
  renameSync(`${path}.new`, path)
  return file
}

function fileOf({ settings, ports }: SystemContext, state: SystemFile['state'], system?: System): SystemFile {
  const { programs, id, design, owner, session, lease_ms, descriptor } = request
  return {
    schema: 1,
    id,
    design,
    state,
    started_at_ms,
    daemon: identify(process.pid),
    owner,
    session,
    lease_ms,
    gateways: (system?.fleet.edges ?? []).map(({ region, port }) => ({ region, url: `https://${host}:${port}` })),
    authority_file: system?.authority_file ?? '',
    descriptor,
    versions: {
      node: process.versions.node,
      postgres: programs.postgres.version,
      redis: programs.redis.version,
      nats: programs.nats.version,
      toxiproxy: programs.toxiproxy.version,
    },
    settings: { ...settings, ports_from: ports.base },
  }
}

async function start(asked: StartRequest): Promise<void> {
  const ports = await takePortBlock(asked.ports_from)
  const clock = systemClock
  const settings = { ...defaultSettings, ...asked.settings }
  const observe = openObservations(join(asked.folder, 'events.jsonl'), clock)
  const secrets = createSecrets(callersIn(asked.descriptor).map(({ name }) => name))
  writeFileSync(join(asked.folder, staffFile), staffAccounts(secrets), { mode: 0o600 })
  writeFileSync(join(asked.folder, traceKeyFile), secrets.trace_key, { mode: 0o600 })
  const sessions = createSessions(clock)
  await prepareFolders(asked.folder)
  processes = ownProcesses(asked.folder, clock)
  const signal = ending.signal
  const context = {
    request: asked,
    folder: asked.folder,
    settings,
    clock,
    ports,
    secrets,
    processes,
    observe,
    ending: signal,
  }
  write(fileOf(context, 'starting'))
  const system = await startSystem(context, (text) => tell({ kind: 'progress', text }))

  sessions.open(asked.lease_ms, asked.session)
  const handlers = handlersOf(context, system, sessions, () => void end())
  await serveControl(join(asked.folder, socketFile), handlers, streamsOf(context, system))
  const expired = (session: string): void => {
    if (session === asked.session) return void end()
    void Promise.all([system.linkFaults.revert(session), system.processFaults.revert(session)])
  }
  void sessions.watch(expired, signal)
  starting = false
  tell({ kind: 'ready', system: write(fileOf(context, 'ready', system)) })
}

process.on('SIGTERM', () => void end())
process.on('SIGINT', () => void end())
process.on('disconnect', () => {
  if (starting) void end()
})
process.on('uncaughtException', (error) => {
  console.error(redactor([])(errorText(error)))
  void end(error)
})

try {
  await start(request)
} catch (error) {
  await end(error)
}
