import { randomBytes } from 'node:crypto'
import type { ServiceName } from '#sut/contracts/descriptor.ts'

/** Passwords and keys of one system: made at its start, never reproducible, written only into the files of who needs them. */
export interface Secrets {
  /** By service: what opens its operations port, and no other. */
  operations_tokens: Record<string, string>
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
  /** Of the PostgreSQL roles that own the tables of services and migrate them. */
  owner_passwords: Record<string, string>
  /** Passwords of the accounts `operator` and `auditor` of the public API. */
  staff: Record<'operator' | 'auditor', string>
  /** With it a client has the gateway record its traces. */
  trace_key: string
  /** The field `secrets` of a service's configuration. */
  ofService: Partial<Record<ServiceName, Record<string, string>>>
}

export function createSecrets(services: readonly string[]): Secrets {
  const ofEach = () => Object.fromEntries(services.map((service) => [service, newPassword()]))
  const staff = { operator: newPassword(), auditor: newPassword() }
  const trace_key = randomBytes(32).toString('hex')
  return {
    operations_tokens: ofEach(),
    postgres_superuser: newPassword(),
    postgres_replication: newPassword(),
    postgres_rewind: newPassword(),
    patroni: newPassword(),
    redis_replication: newPassword(),
    redis_sentinel: newPassword(),
    observer: newPassword(),
    nats_cluster: newPassword(),
    passwords: ofEach(),
    owner_passwords: ofEach(),
    staff,
    trace_key,
    ofService: {
      gateway: { signing_master: randomBytes(32).toString('hex'), trace_key },
      game: { seed_seal: randomBytes(32).toString('hex') },
      identity: {
        token_seal: randomBytes(32).toString('hex'),
        operator_password: staff.operator,
        auditor_password: staff.auditor,
      },
    },
  }
}

/** What a person logs in with who is no player: goes into a file that this user alone can read, and nowhere else. */
export const staffAccounts = ({ staff }: Pick<Secrets, 'staff'>): string =>
  `${JSON.stringify(
    Object.entries(staff).map(([name, password]) => ({ name, password })),
    null,
    2,
  )}\n`
export const staffFile = 'accounts.json'
/** What the load generator has its traces recorded with: another file of this user alone. */
export const traceKeyFile = 'trace-key'

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
