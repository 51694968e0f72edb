import { expect, test } from 'vitest'
import { services } from '#sut/contracts/descriptor.ts'
import { eventTypes } from '#sut/contracts/events.ts'
import { slotBackend } from '#sut/descriptor.ts'
import { natsAuthorization, natsUsers } from './nats-users.ts'
import { redisUsers, sentinelUsers } from './redis-users.ts'
import { createSecrets } from './secrets.ts'
import { storeRights } from './store-rights.ts'

const secrets = createSecrets(services)

test.for(['redis', 'nats'] as const)('who calls %s has rights there, and nobody else', (store) => {
  const calling = slotBackend.services.filter(({ calls }) => calls.includes(store)).map(({ name }) => name)
  expect(services.filter((name) => storeRights[name][store] !== undefined)).toEqual(calling)
})

test('each event is published by one service, and by telemetry, which sends dead letters again', () => {
  for (const type of eventTypes) {
    const publishers = services.filter((name) => storeRights[name].nats?.publishes?.includes(type) === true)
    expect(publishers).toEqual([expect.not.stringMatching('telemetry'), 'telemetry'])
    // Most are named after theirs.
    const [named] = type.split('.')
    if ((services as readonly string[]).includes(named!)) expect(publishers[0]).toBe(named)
  }
})

test('no two services share a consumer, a bucket or a key', () => {
  const owned = services.flatMap((name) => {
    const { nats, redis } = storeRights[name]
    return [
      ...(nats?.consumes ?? []).map(({ durable }) => `consumer ${durable}`),
      ...(nats?.buckets ?? []).map((bucket) => `bucket ${bucket.name}`),
      ...(redis?.keys ?? []).map((pattern) => `keys ${pattern}`),
    ]
  })
  expect(new Set(owned).size).toBe(owned.length)
})

test('users of Redis begin with nothing, and are given no category of commands', () => {
  for (const line of [...redisUsers(secrets), ...sentinelUsers(secrets)]) {
    expect(line).toMatch(/^user \S+ reset (off$|on #[0-9a-f]{64} resetchannels )/)
    expect(line).not.toMatch(/[+]@|~[*]|&[*]|all(keys|commands|channels)|nopass| >/)
    expect(line).not.toMatch(/[+](keys|flushall|flushdb|config|debug|eval|shutdown|acl|client)( |$)/)
  }
})

test('nobody in NATS may take a stream away, change it, or listen to more than its own answers', () => {
  for (const { user, publish, subscribe } of natsUsers(secrets)) {
    expect(publish.filter((subject) => /STREAM\.(DELETE|UPDATE|PURGE|MSG\.DELETE)|^>|API\.>/.test(subject))).toEqual([])
    expect(subscribe).toEqual(user === 'observer' ? [] : [`_INBOX.${user}.>`])
  }
  // An empty list of what is allowed would mean everything.
  expect(natsAuthorization(natsUsers(secrets))).not.toContain('[]')
})
