import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { Problem } from '#sut/contracts/problems.ts'
import type { StateLine } from '#sut/contracts/state.ts'
import { operationsServer, type OperationsSource } from './operations.ts'

const account: StateLine = { kind: 'account', account: 'player:1', balance_minor: 5, version: 1 }

function source(change: Partial<OperationsSource> = {}): OperationsSource {
  return {
    listen: { host: '127.0.0.1', port: 0, token: 'secret' },
    registry: new Registry(),
    load: () => ({}) as never,
    shown: async () => 'AF',
    notReady: async () => ({}),
    pending: async () => ({ outbox: 3 }),
    operations: new Map(),
    planted: () => [],
    async *dump() {
      for (let line = 0; line < 5000; line++) yield account
    },
    ...change,
  }
}

async function ask(change: Partial<OperationsSource>, path: string, token?: string, header = 'authorization') {
  const server = await operationsServer(source(change))
  try {
    const value = header === 'authorization' ? `Bearer ${token}` : `${token}`
    const headers: Record<string, string> = token === undefined ? {} : { [header]: value }
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers })
    return { status: response.status, text: await response.text() }
  } finally {
    await server.close()
  }
}

test('ready says why not', async () => {
  expect(await ask({}, '/readyz')).toMatchObject({ status: 200 })
  const refused = await ask({ notReady: async () => ({ database: 'no primary' }) }, '/readyz')
  expect(refused).toEqual({ status: 503, text: '{"database":"no primary"}' })
})

test('whose certificate is shown needs no token: whoever connects sees it', async () => {
  expect(await ask({}, '/certificate')).toEqual({ status: 200, text: '{"serial":"AF"}' })
})

test('state and dump need the token', async () => {
  expect((await ask({}, '/state')).status).toBe(401)
  expect((await ask({}, '/dump', 'secreT')).status).toBe(401)
  expect(await ask({}, '/state', 'secret')).toEqual({ status: 200, text: '{"pending":{"outbox":3}}' })
  expect((await ask({}, '/state', 'secreT', 'x-operations-token')).status).toBe(401)
  expect((await ask({}, '/state', 'secret', 'x-operations-token')).status).toBe(200)
  const dump = await ask({}, '/dump', 'secret')
  expect(dump.text.trim().split('\n')).toHaveLength(5000)
})

test("a service's own routes need the token too, and say their refusals", async () => {
  const operations = new Map([
    ['GET /letters', async (search: URLSearchParams) => ({ from: search.get('from') })],
    ['GET /nothing', () => Promise.reject(new Problem('not_found', 'there is none'))],
  ])
  expect((await ask({ operations }, '/letters')).status).toBe(401)
  expect(await ask({ operations }, '/letters?from=7', 'secret')).toEqual({ status: 200, text: '{"from":"7"}' })
  const refused = await ask({ operations }, '/nothing', 'secret')
  expect(refused).toEqual({ status: 404, text: '{"code":"not_found","message":"there is none"}' })
})

test('a dump that breaks off is seen to be broken', async () => {
  async function* breaking() {
    yield account
    throw new Error('database gone')
  }
  await expect(ask({ dump: breaking }, '/dump', 'secret')).rejects.toThrow()
})

test('a state that cannot be read is unavailable, an unknown path unknown', async () => {
  const broken = { pending: () => Promise.reject(new Error('database gone')) }
  expect((await ask(broken, '/state', 'secret')).status).toBe(503)
  expect((await ask({}, '/nothing')).status).toBe(404)
})
