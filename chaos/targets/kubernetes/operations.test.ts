import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { podClient } from './operations.ts'

const away = async (): Promise<never> => {
  throw new Error('error trying to reach service: EOF')
}

test('a pod that does not tell its state is named, with the reason; any other question is just not answered', async () => {
  const client = podClient({ text: away, stream: away }, 'slot-1', { wallet: 'secret', game: 'another' })
  await expect(client.stream('wallet-a-1', '/dump')).rejects.toMatchObject({
    code: 'STATE_UNREADABLE',
    message: 'GET /dump of wallet-a-1: error trying to reach service: EOF',
  })
  expect(await client.json('wallet-a-1', '/load')).toBeUndefined()
})

test('a pod is asked through the API server, with the token of its service in the header that passes it', async () => {
  const asked: unknown[] = []
  const stream = async (path: string, options?: object) => {
    asked.push(path, options)
    return Readable.from(['{}\n']) as never
  }
  const client = podClient({ text: away, stream }, 'slot-1', { wallet: 'secret', game: 'another' })
  await client.stream('wallet-a-1', '/dump', { service: 'wallet' })
  await client.stream('monolith-a-1', '/dump', { port: 8084, service: 'game' })
  await client.stream('nats-a-0', '/jsz', { port: 8222 })
  expect(asked[0]).toMatch(/^\/api\/v1\/namespaces\/slot-1\/pods\/wallet-a-1:8080\/proxy\/dump$/)
  expect(asked[1]).toMatchObject({ headers: { 'x-operations-token': 'secret' } })
  expect(asked[2]).toContain('/monolith-a-1:8084/proxy/dump')
  expect(asked[3]).toMatchObject({ headers: { 'x-operations-token': 'another' } })
  // Who is no service of ours is told no token.
  expect(asked[5]).toMatchObject({ headers: {} })
})
