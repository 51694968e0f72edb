import { randomBytes } from 'node:crypto'
import type { ServiceName } from '#sut/contracts/descriptor.ts'

/** Passwords and keys of one system: made at its start, never reproducible, written only into the files of who needs them. */
export interface Secrets {
  operations_token: string
  postgres_superuser: string
  postgres_replication: string
  postgres_rewind: string
  /** Of Patroni's own interface, for what changes something. */
  patroni: string
  redis_replication: string
  redis_sentinel: string
  /** Of the user that only looks (store-users.ts). */
  observer: string
  nats_cluster: string
  /** Of PostgreSQL roles, Redis users and NATS users, by service. */
  passwords: Record<string, string>
  /** The field `secrets` of a service's configuration. */
  ofService: Partial<Record<ServiceName, Record<string, string>>>
}

export function createSecrets(services: readonly string[]): Secrets {
  return {
    operations_token: newPassword(),
    postgres_superuser: newPassword(),
    postgres_replication: newPassword(),
    postgres_rewind: newPassword(),
    patroni: newPassword(),
    redis_replication: newPassword(),
    redis_sentinel: newPassword(),
    observer: newPassword(),
    nats_cluster: newPassword(),
    passwords: Object.fromEntries(services.map((service) => [service, newPassword()])),
    ofService: {
      gateway: { signing_master: randomBytes(32).toString('hex') },
      identity: { token_seal: randomBytes(32).toString('hex') },
    },
  }
}

/** Letters and digits alone: it goes into configuration files and connection strings as it is. */
export function newPassword(): string {
  return randomBytes(18).toString('hex')
}

/** A positive number of 16 bytes, hexadecimal, as RFC 5280 wants it. */
export function newSerialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes.toString('hex')
}
