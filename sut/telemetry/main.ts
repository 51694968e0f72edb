import { runService } from '#sut/platform/service.ts'
import { wireTelemetry } from './wire.ts'

await runService('telemetry', wireTelemetry)
