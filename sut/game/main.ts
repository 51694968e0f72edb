import { runService } from '#sut/platform/service.ts'
import { wireGame } from './wire.ts'

await runService('game', wireGame)
