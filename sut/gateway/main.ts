import { runService } from '#sut/platform/service.ts'
import { wireGateway } from './wire.ts'

await runService('gateway', wireGateway, { public: true })
