import { createHash, createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { systemClock } from '#lib/clock.ts'
import { pause } from '#lib/wait.ts'
import { createAuthority } from '#sut/deployment/pki.ts'
import { idempotencyHeader, publicRoutes, signatureHeaders, type OperationKind } from '#sut/contracts/api.ts'
import { problems, type ProblemCode } from '#sut/contracts/problems.ts'

// For tests: a small slot backend in memory behind one TLS door a region, which checks what the real one checks of its clients
// and misbehaves on demand.

/**
 * serve · refuse {problem} · hang: no answer, nothing done · drop: the connection breaks, nothing done ·
 * lose: done, then the connection breaks · slow: done after that time · twice: done anew though the key is known.
 */
export type Behaviour = 'serve' | 'hang' | 'drop' | 'lose' | 'twice' | { refuse: ProblemCode } | { slow_ms: number }

export interface Seen {
  kind: OperationKind
  region: string
  player: string
  key: string
  nonce: string
  traceparent: string
  tracestate: string
  body: string
}

export interface FixtureSystem extends AsyncDisposable {
  authority_file: string
  gateways: { region: string; url: string }[]
  seen: Seen[]
  /** Decides for each request; requests of one region are counted from 1 by kind. */
  behave: (request: Seen) => Behaviour
  tokenLife_s: number
  /** Transfers that were applied, by idempotency key. */
  applied: Map<string, number>
  /** Closes the port of a region and breaks its connections. */
  die(region: string): Promise<void>
}

interface FixturePlayer {
  id: string
  password: string
  balance_minor: number
  version: number
}

export async function fixtureSystem(folder: string, regions = ['a', 'b']): Promise<FixtureSystem> {
  const authority = await createAuthority(folder, 'fixture', systemClock)
  const backend = fixtureBackend()
  const doors = new Map<string, { server: Server; sockets: Set<Socket> }>()
  const system: FixtureSystem = {
    authority_file: authority.file,
    gateways: [],
    seen: [],
    behave: () => 'serve',
    tokenLife_s: 3600,
    applied: backend.applied,
    async die(region) {
      const door = doors.get(region)
      doors.delete(region)
      if (door === undefined) return
      const closed = new Promise((resolve) => door.server.close(resolve))
      for (const socket of door.sockets) socket.destroy()
      await closed
    },
    async [Symbol.asyncDispose]() {
      for (const region of doors.keys()) await system.die(region)
    },
  }
  for (const region of regions) {
    const files = await authority.issue('gateway', region)
    const server = createServer({ cert: await readFile(files.certificate), key: await readFile(files.key) })
    const sockets = new Set<Socket>()
    // From its first byte on: one that is still in its handshake when the door dies would keep the door open, and be served.
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    server.on(
      'request',
      (request, response) => void respond(request, response, answer(system, backend, region, request)),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    doors.set(region, { server, sockets })
    system.gateways.push({ region, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` })
  }
  return system
}

async function respond(request: IncomingMessage, response: ServerResponse, answering: ReturnType<typeof answer>) {
  const answered = await answering
  if (answered === 'drop') request.socket.destroy()
  if (typeof answered === 'string') return
  response.writeHead(answered.status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answered.body))
}

type Answer = { status: number; body: unknown }

async function answer(
  system: FixtureSystem,
  backend: ReturnType<typeof fixtureBackend>,
  region: string,
  request: IncomingMessage,
): Promise<Answer | 'hang' | 'drop'> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
  const route = Object.entries(publicRoutes).find(
    ([, { method, path }]) => method === request.method && patternOf(path).test(request.url ?? ''),
  )
  if (route === undefined) return refusal('not_found')
  const kind = route[0] as OperationKind
  const header = (name: string): string => String(request.headers[name] ?? '')
  const player = route[1].signed ? backend.owner(header('authorization')) : ''
  const seen: Seen = {
    kind,
    region,
    player: player ?? '',
    key: header('idempotency-key'),
    nonce: header(signatureHeaders.nonce),
    traceparent: header('traceparent'),
    tracestate: header('tracestate'),
    body,
  }
  system.seen.push(seen)
  const behaviour = system.behave(seen)
  if (behaviour === 'hang' || behaviour === 'drop') return behaviour
  if (typeof behaviour === 'object' && 'refuse' in behaviour) return refusal(behaviour.refuse)
  if (route[1].signed) {
    const problem = backend.check(request, body, player, region)
    if (problem !== null) return refusal(problem)
  }
  const done = backend.handle(seen, JSON.parse(body || '{}'), system.tokenLife_s, behaviour === 'twice')
  if (typeof behaviour === 'object') await pause(behaviour.slow_ms)
  return behaviour === 'lose' ? 'drop' : done
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replace(/\{\w+\}/g, '[A-Za-z0-9-]+')}$`)

const refusal = (code: ProblemCode): Answer => ({ status: problems[code].status, body: { code, message: code } })

function fixtureBackend() {
  const players = new Map<string, FixturePlayer>()
  const tokens = new Map<string, { player: string; key: string; ends_ms: number }>()
  const answers = new Map<string, Answer>()
  const nonces = new Set<string>()
  const refreshes = new Map<string, string>()
  const applied = new Map<string, number>()
  let count = 0

  const loggedIn = (name: string, player_id: string, expires_in_s: number): Answer => {
    const token = `token-${++count}`
    const signing_key = `key-${count}`
    const refresh_token = `refresh-${count}`
    tokens.set(token, { player: name, key: signing_key, ends_ms: performance.now() + expires_in_s * 1000 })
    refreshes.set(refresh_token, name)
    return { status: 200, body: { player_id, token, signing_key, refresh_token, expires_in_s } }
  }

  const move = ({ kind, player, key }: Seen, request: { amount_minor?: number; stake_minor?: number }): Answer => {
    const account = players.get(player)!
    const stake_minor = request.stake_minor ?? 0
    if (stake_minor > account.balance_minor) return refusal('insufficient_funds')
    account.balance_minor += (request.amount_minor ?? 0) - stake_minor
    account.version++
    count++
    applied.set(key, (applied.get(key) ?? 0) + 1)
    const { balance_minor, version } = account
    const shown = { balance_minor, version }
    if (kind === 'ask_payout') return { status: 201, body: { payout_id: `h${count}`, ...shown, held_minor: 0 } }
    if (kind !== 'spin') return { status: 200, body: { transfer_id: `t${count}`, ...shown } }
    const round = { round_id: `r${count}`, status: 'completed', stops: [1, 2, 3], stake_minor, win_minor: 0 }
    return { status: 200, body: { ...round, ...shown } }
  }

  const moveOnce = (seen: Seen, request: Record<string, never>, anew: boolean): Answer => {
    const known = anew ? undefined : answers.get(seen.key)
    if (known !== undefined) return known
    const done = move(seen, request)
    answers.set(seen.key, done)
    return done
  }

  return {
    applied,
    owner: (authorization: string): string | undefined => tokens.get(authorization.replace('Bearer ', ''))?.player,
    check(request: IncomingMessage, body: string, player: string | undefined, region: string): ProblemCode | null {
      const token = tokens.get(String(request.headers.authorization).replace('Bearer ', ''))
      if (token === undefined || player === undefined) return 'unauthenticated'
      if (performance.now() > token.ends_ms) return 'token_expired'
      const timestamp = String(request.headers[signatureHeaders.timestamp])
      const nonce = String(request.headers[signatureHeaders.nonce])
      const digest = createHash('sha256').update(body).digest('hex')
      const key = String(request.headers[idempotencyHeader] ?? '')
      const text = `${request.method}\n${request.url}\n${digest}\n${timestamp}\n${nonce}\n${key}\n${region}`
      const expected = createHmac('sha256', token.key).update(text).digest('hex')
      if (request.headers[signatureHeaders.signature] !== expected) return 'signature_invalid'
      if (!/^[A-Za-z0-9._:-]{16,64}$/.test(nonce) || !/^\d{13}$/.test(timestamp)) return 'malformed'
      if (nonces.has(nonce)) return 'request_replayed'
      nonces.add(nonce)
      return null
    },
    handle(seen: Seen, request: Record<string, never>, tokenLife_s: number, anew: boolean): Answer {
      const { kind } = seen
      if (kind === 'games') return { status: 200, body: { games: [{ game_id: 'one' }, { game_id: 'two' }] } }
      if (kind === 'register') {
        const { name, password } = request
        if (players.has(name!)) return refusal('name_taken')
        players.set(name!, { id: `id-${String(name)}`, password: password!, balance_minor: 0, version: 0 })
        return { status: 201, body: { player_id: `id-${String(name)}` } }
      }
      if (kind === 'login') {
        const account = players.get(request['name']!)
        if (account === undefined || account.password !== request['password']) return refusal('unauthenticated')
        return loggedIn(request['name']!, account.id, tokenLife_s)
      }
      if (kind === 'refresh') {
        const name = refreshes.get(request['refresh_token']!)
        refreshes.delete(request['refresh_token']!)
        return name === undefined ? refusal('unauthenticated') : loggedIn(name, players.get(name)!.id, tokenLife_s)
      }
      if (kind === 'rotate_seed') return { status: 200, body: { revealed: { server_seed: 's', rounds: 0 } } }
      if (kind === 'open_session') return { status: 201, body: { session_id: `s${++count}`, game_id: 'one' } }
      if (kind === 'history') return { status: 200, body: { rounds: [] } }
      if (kind !== 'balance') return moveOnce(seen, request, anew)
      const { balance_minor, version } = players.get(seen.player)!
      return { status: 200, body: { balance_minor, version } }
    },
  }
}
