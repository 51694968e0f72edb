import { calm } from './calm.ts'
import { certificateRotation } from './certificate-rotation.ts'
import { contention } from './contention.ts'
import { databaseLinkDown } from './database-link-down.ts'
import type { Experiment } from './experiment.ts'
import { flood } from './flood.ts'
import { lateBets } from './late-bets.ts'
import { freshReads } from './fresh-reads.ts'
import { linkLatencyWallet } from './link-latency-wallet.ts'
import { lockedDoors } from './locked-doors.ts'
import { redisLinkDown } from './redis-link-down.ts'
import { regionFailover } from './region-failover.ts'
import { saferPlay } from './safer-play.ts'
import { trafficSurge } from './traffic-surge.ts'
import { underAttack } from './under-attack.ts'
import { walletKill } from './wallet-kill.ts'

export const experiments: Readonly<Record<string, Experiment>> = Object.fromEntries(
  [
    walletKill,
    trafficSurge,
    regionFailover,
    linkLatencyWallet,
    lateBets,
    databaseLinkDown,
    redisLinkDown,
    certificateRotation,
    underAttack,
    calm,
    contention,
    freshReads,
    saferPlay,
    lockedDoors,
    flood,
  ].map((each) => [each.name, each]),
)
