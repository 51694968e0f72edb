import { runService } from '#sut/platform/service.ts'
import { wireSession } from './wire.ts'

await runService('session', wireSession)
