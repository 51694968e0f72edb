import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { systemFolder } from '../state.ts'

/** What is left of a system: its folder, and every process that names it on its command line or in its environment. */
export function leftOf(id: string): string[] {
  const processes = readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return []
    const text = ['cmdline', 'environ'].map((file) => read(`/proc/${pid}/${file}`)).join('\0')
    return text.includes(id) ? [`process ${pid} ${text.slice(0, 80).replaceAll('\0', ' ')}`] : []
  })
  return [...(existsSync(systemFolder(id)) ? [`folder ${systemFolder(id)}`] : []), ...processes]
}

export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
  })
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
