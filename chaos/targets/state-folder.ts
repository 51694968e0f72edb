import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where every target keeps what it has to find again after a crash; a folder of this user alone. */
export function stateFolder(): string {
  const own = process.env['SLOT_CHAOS_STATE']
  return own !== undefined && own !== '' ? own : join(tmpdir(), `slot-chaos-${process.getuid?.() ?? 'user'}`)
}
