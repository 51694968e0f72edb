import { describe } from 'vitest'

// What talks to stores, against containers of the image that the cluster uses: the very tests that run against processes.
describe('PostgreSQL of the image', async () => {
  await import('./database.int.test.ts')
})
describe('migrations in PostgreSQL of the image', async () => {
  await import('./migrate.int.test.ts')
})
describe('outbox, PostgreSQL and NATS of the image', async () => {
  await import('./outbox.int.test.ts')
})
describe('NATS of the image', async () => {
  await import('./nats-bus.int.test.ts')
})
describe('Redis of the image', async () => {
  await import('./redis-client.int.test.ts')
})
