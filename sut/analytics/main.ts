import { runService } from '#sut/platform/service.ts'
import { wireAnalytics } from './wire.ts'

await runService('analytics', wireAnalytics)
