import { createHash } from 'node:crypto'
import type { Secrets } from './secrets.ts'
import { storeRights } from './store-rights.ts'
import { observer } from './store-users.ts'
import { sentinelGroup } from './store-settings.ts'

// Who may log in to a Redis and to a Sentinel, as lines of their configuration. Written so that Redis 6.2 and 8 mean the same by it:
// rules for subcommands name one that is allowed, and channels are closed first, which 6.2 leaves open.

const replication = 'replication'
const sentinel = 'sentinel'

/** Redis makes `auth` and `hello` free for all. */
interface Rules {
  keys?: readonly string[]
  channels?: readonly string[]
  commands: readonly string[]
}

/** What replicas ask their master for. https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/ */
const replicating: Rules = { commands: ['ping', 'replconf', 'psync'] }

/** What a Sentinel watches and reconfigures servers with (the page above, and sentinel.conf). */
const watching: Rules = {
  channels: ['__sentinel__:hello'],
  commands: [
    ['ping', 'info', 'role', 'publish', 'subscribe', 'multi', 'exec', 'slaveof'],
    ['config|rewrite', 'client|setname', 'client|kill', 'script|kill'],
  ].flat(),
}
/** What one Sentinel asks and tells another. */
const voting: Rules = {
  channels: ['__sentinel__:hello'],
  commands: ['ping', 'publish', 'client|setname', 'sentinel|is-master-down-by-addr'],
}
/** How a client finds the leader, and hears of the next one. */
const finding: Rules = {
  channels: ['+switch-master'],
  commands: ['subscribe', 'sentinel|get-master-addr-by-name', 'sentinel|sentinels'],
}

export function redisUsers(secrets: Secrets): string[] {
  return [
    closed,
    user(replication, secrets.redis_replication, replicating),
    user(sentinel, secrets.redis_sentinel, watching),
    user(observer, secrets.observer, { commands: ['ping', 'role', 'info'] }),
    ...ofServices(secrets).map(({ name, password, rights }) => user(name, password, rights)),
  ]
}

export function sentinelUsers(secrets: Secrets): string[] {
  return [
    closed,
    user(sentinel, secrets.redis_sentinel, voting),
    user(observer, secrets.observer, { commands: ['ping', 'info', 'sentinel|get-master-addr-by-name'] }),
    ...ofServices(secrets).map(({ name, password }) => user(name, password, finding)),
  ]
}

/** How a replica logs in to its master, and so does what was a master and is one no more. */
export const replicaLogin = (secrets: Secrets): string[] => [
  `masteruser ${replication}`,
  `masterauth ${secrets.redis_replication}`,
]

/** How a Sentinel logs in to the servers that it watches, and to the other Sentinels. */
export const sentinelLogin = (secrets: Secrets): string[] => [
  `sentinel sentinel-user ${sentinel}`,
  `sentinel sentinel-pass ${secrets.redis_sentinel}`,
  `sentinel auth-user ${sentinelGroup} ${sentinel}`,
  `sentinel auth-pass ${sentinelGroup} ${secrets.redis_sentinel}`,
]

const ofServices = ({ passwords }: Secrets) =>
  Object.entries(storeRights).flatMap(([name, { redis: rights }]) => {
    const password = passwords[name]
    return rights === undefined || password === undefined ? [] : [{ name, password, rights }]
  })

/** Who has not logged in. */
const closed = 'user default reset off'

function user(name: string, password: string, { keys = [], channels = [], commands }: Rules): string {
  // A server needs to know no password by heart.
  const hash = createHash('sha256').update(password).digest('hex')
  return [
    `user ${name} reset on #${hash} resetchannels`,
    ...keys.map((pattern) => `~${pattern}`),
    ...channels.map((pattern) => `&${pattern}`),
    ...commands.map((command) => `+${command}`),
  ].join(' ')
}
