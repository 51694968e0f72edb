import type { Program } from './program.ts'
import { go } from './programs/go.ts'
import { k6 } from './programs/k6.ts'
import { kind } from './programs/kind.ts'
import { natsServer } from './programs/nats-server.ts'
import { redis } from './programs/redis.ts'
import { toxiproxy } from './programs/toxiproxy.ts'

export const programs = {
  redis,
  toxiproxy,
  'nats-server': natsServer,
  k6,
  kind,
  go,
} as const satisfies Record<string, Program>

export type ProgramName = keyof typeof programs
