import { runService } from '#sut/platform/service.ts'
import { wireCatalog } from './wire.ts'

await runService('catalog', wireCatalog)
