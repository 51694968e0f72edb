import { runService } from '#sut/platform/service.ts'
import { wireIdentity } from './wire.ts'

await runService('identity', wireIdentity)
