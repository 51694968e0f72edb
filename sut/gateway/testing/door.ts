import { randomUUID } from 'node:crypto'
import fastify, { type InjectOptions } from 'fastify'
import { SignJWT } from 'jose'
import { systemClock } from '#lib/clock.ts'
import type { ProblemCode } from '#sut/contracts/problems.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Call, HttpServer } from '#sut/platform/platform.ts'
import { type DoorOptions, publicDoor } from '../door.ts'
import { holders } from '../holders.ts'
import { nonces } from '../nonces.ts'
import { operations } from '../operations.ts'
import { rates, type RatesOptions } from '../rates.ts'
import { signatureOf, signingKeyOf, verifySignature } from '../signature.ts'
import { assertKept } from '../text.ts'

const signing_master = 'master of the test'
export const token = await new SignJWT({})
  .setProtectedHeader({ alg: 'HS256' })
  .setJti('token-1')
  .sign(Buffer.from('who signs a token is not what is tested here'))
export const refresh_token = 'r'.repeat(43)
export const signing_key = signingKeyOf(signing_master, 'token-1')

type Called = { name: string; options: Record<string, unknown> }
const open: HttpServer[] = []
/** After each test. */
export async function closeDoors(): Promise<void> {
  for (const server of open.splice(0)) await server.close()
}

export type DoorLimits = Partial<DoorOptions['limits']>
interface Around {
  /** Not listening; without one, one that is asked by `inject` alone. */
  server?: HttpServer
  most?: RatesOptions['most']
}

/** The door with what lies behind it answering as told. */
export async function door(answer: (name: string) => unknown, limits: DoorLimits = {}, around: Around = {}) {
  const called: Called[] = []
  const refused: ProblemCode[] = []
  const errors: unknown[] = []
  const seen = new Set<string>()
  const call = async (name: string, options: Record<string, unknown>) => {
    called.push({ name, options })
    return answer(name)
  }
  const server = around.server ?? (fastify() as unknown as HttpServer)
  open.push(server)
  await server.register(
    publicDoor({
      operations: operations(call as unknown as Call, signing_master),
      region: 'a',
      holders: holders({
        verify: async (text) => {
          if (text !== token) throw new Problem('unauthenticated', 'not one of ours')
          return { player_id: 'player-1', role: 'player', expires_at_ms: systemClock.wall_ms() + 60_000 }
        },
        signing_master,
        clock: systemClock,
        kept_max: 10,
      }),
      verifySignature,
      assertKept,
      admits: (role, admitted) => admitted.includes(role),
      revocations: { has: async () => false },
      nonces: nonces({
        store: {
          setIfAbsent: async (key) => {
            const known = seen.has(key)
            seen.add(key)
            return known ? 'taken' : null
          },
        },
        clock: systemClock,
        ttl_ms: 60_000,
        remembered_max: 10,
        claimElsewhere: async () => true,
        onFallback: () => {},
      }),
      rates: rates({
        store: { add: async () => [] },
        clock: systemClock,
        window_ms: 600_000,
        most: around.most ?? { player: 3, address: 6, all: 8, spins: 2, logins: 6, abuse: 2 },
        remembered_max: 10,
        onFallback: () => {},
      }),
      clock: systemClock,
      limits: {
        in_flight_max: 10,
        body_bytes_max: 16 * 1024,
        body_ms: 3_000,
        unfinished_max: 1_000,
        unfinished_address_max: 200,
        answer_ms: 10_000,
        deadline_ms: 2_000,
        headers_max: 20,
        header_bytes_max: 2_000,
        ...limits,
      },
      takesPlace: (moment) => moment === 'request',
      onRefusal: (code) => refused.push(code),
      onInternalError: (error) => errors.push(error),
    }),
  )
  return { server, called, refused, errors }
}

export function signed(
  method: 'GET' | 'POST',
  url: string,
  body: unknown,
  extra: Record<string, string> = {},
): InjectOptions {
  const payload = body === undefined ? '' : JSON.stringify(body)
  const timestamp = String(Math.floor(systemClock.wall_ms()))
  const nonce = randomUUID()
  return {
    method,
    url,
    ...(body === undefined ? {} : { payload }),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      authorization: `Bearer ${token}`,
      'x-slot-timestamp': timestamp,
      'x-slot-nonce': nonce,
      'x-slot-signature': signatureOf(
        signing_key,
        { method, path: url, body: payload, key: extra['idempotency-key'], region: 'a' },
        timestamp,
        nonce,
      ),
      ...extra,
    },
  }
}

export const stake = { session_id: 's', stake_minor: 100, client_seed: 'c' }
export const spun = {
  round_id: 'r',
  status: 'completed',
  stops: [1, 2, 3],
  stake_minor: 100,
  win_minor: 0,
  balance_minor: 900,
  version: 2,
  server_seed_hash: '0'.repeat(64),
  nonce: 0,
}
