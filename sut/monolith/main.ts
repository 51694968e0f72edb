import { runHost } from '#sut/platform/host.ts'
import { parts } from './parts.ts'

await runHost(parts)
