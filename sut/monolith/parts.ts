import { wireAnalytics } from '#sut/analytics/wire.ts'
import { wireCatalog } from '#sut/catalog/wire.ts'
import { wireGame } from '#sut/game/wire.ts'
import { wireGateway } from '#sut/gateway/wire.ts'
import { wireIdentity } from '#sut/identity/wire.ts'
import type { Part } from '#sut/platform/host.ts'
import { wireSession } from '#sut/session/wire.ts'
import { wireTelemetry } from '#sut/telemetry/wire.ts'
import { wireWallet } from '#sut/wallet/wire.ts'

/** All services, as they are: each after those that it calls. */
export const parts: readonly Part[] = [
  { name: 'telemetry', wire: wireTelemetry },
  { name: 'analytics', wire: wireAnalytics },
  { name: 'catalog', wire: wireCatalog },
  { name: 'wallet', wire: wireWallet },
  { name: 'identity', wire: wireIdentity },
  { name: 'session', wire: wireSession },
  { name: 'game', wire: wireGame },
  { name: 'gateway', wire: wireGateway, public: true },
]
