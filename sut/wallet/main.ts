import { runService } from '#sut/platform/service.ts'
import { wireWallet } from './wire.ts'

await runService('wallet', wireWallet)
