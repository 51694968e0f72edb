import { hashSync } from 'bcryptjs'
import { eventStream, logStream } from '#sut/contracts/events.ts'
import { traceStream, traceSubjectOf } from '#sut/contracts/tracing.ts'
import { inboxOf } from '#sut/platform/bus-streams.ts'
import type { Secrets } from './secrets.ts'
import { type NatsRights, storeRights } from './store-rights.ts'
import { observer } from './store-users.ts'

export interface NatsUser {
  user: string
  password: string
  /** Subjects that it may publish to, requests to JetStream among them, and that it may subscribe to. None: nothing at all. */
  publish: readonly string[]
  subscribe: readonly string[]
}

/** Who may log in to NATS: the services, and whoever only looks whether it answers. */
export function natsUsers({ passwords, observer: password }: Secrets): NatsUser[] {
  const services = Object.entries(storeRights).flatMap(([user, { nats }]) => {
    const own = passwords[user]
    if (nats === undefined || own === undefined) return []
    // Answers come to an inbox of its own: nobody can read those of another.
    return [{ user, password: own, publish: publishing(user, nats), subscribe: [`${inboxOf(user)}.>`] }]
  })
  return [...services, { user: observer, password, publish: [], subscribe: [] }]
}

/** A server needs to know no password by heart. The least that there is: nobody guesses 144 random bits, and every login pays for it. */
const bcrypt_cost = 4

/** The part of a server's configuration that says who may do what. */
export function natsAuthorization(users: readonly NatsUser[]): string {
  const permission = (allowed: readonly string[]): string =>
    allowed.length === 0 ? '{ deny: [">"] }' : `{ allow: ${JSON.stringify(allowed)} }`
  const lines = users.map(
    ({ user, password, publish, subscribe }) =>
      `    { user: ${user}, password: "${hashSync(password, bcrypt_cost)}", permissions: { publish: ${permission(publish)}, subscribe: ${permission(subscribe)} } }`,
  )
  return ['authorization {', '  users: [', ...lines, '  ]', '}'].join('\n')
}

// Requests of JetStream's API are subjects: what is not among them cannot be asked for.
// https://docs.nats.io/reference/reference-protocols/nats_api_reference
function publishing(user: string, rights: NatsRights): string[] {
  const { publishes, creates, consumes, surveys, keepsLog, spans, buckets } = rights
  return [
    ...(publishes ?? []).map((type) => `events.*.${type}`),
    ...(creates ?? []).flatMap(creating),
    ...(consumes ?? []).flatMap(consuming),
    ...(surveys === true ? [`$JS.API.CONSUMER.LIST.${eventStream}`] : []),
    ...(keepsLog === true ? ['log.*', `$JS.API.STREAM.INFO.${logStream}`, ...reading(logStream)] : []),
    ...(spans === undefined ? [] : [traceSubjectOf(user)]),
    ...(spans === 'reads' ? [`$JS.API.STREAM.INFO.${traceStream}`, ...reading(traceStream)] : []),
    ...(buckets ?? []).flatMap(({ name, lists }) => [
      ...creating(`KV_${name}`),
      `$JS.API.STREAM.MSG.GET.KV_${name}`,
      `$JS.API.DIRECT.GET.KV_${name}.>`,
      `$KV.${name}.>`,
      ...(lists === true ? reading(`KV_${name}`) : []),
    ]),
  ].filter((subject, index, all) => all.indexOf(subject) === index)
}

/** A stream that is there already keeps its settings: changing it would be another request. */
const creating = (stream: string): string[] => [`$JS.API.STREAM.INFO.${stream}`, `$JS.API.STREAM.CREATE.${stream}`]

const consuming = ({ durable, filter }: { durable: string; filter?: string }): string[] => [
  `$JS.API.CONSUMER.CREATE.${eventStream}.${durable}${filter === undefined ? '' : `.${filter}`}`,
  `$JS.API.CONSUMER.INFO.${eventStream}.${durable}`,
  `$JS.API.CONSUMER.MSG.NEXT.${eventStream}.${durable}`,
  `$JS.ACK.${eventStream}.${durable}.>`,
  // With the domain and the account in front, as newer servers write it.
  `$JS.ACK.*.*.${eventStream}.${durable}.>`,
]

/** From the beginning to the end, with consumers that live as long as the reading; their names are drawn by lot. */
const reading = (stream: string): string[] => [
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.INFO.${stream}.*`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
  `$JS.API.CONSUMER.DELETE.${stream}.*`,
  `$JS.FC.${stream}.>`,
]
