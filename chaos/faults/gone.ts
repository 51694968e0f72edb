import type { FaultPort } from '../targets/target.ts'
import { mustSee } from './must-see.ts'

const limit_ms = 5000

/** Waits until none of these processes exists; throws FAULT_NOT_EFFECTIVE with the names of those that do. */
export async function allGone(
  fault: string,
  processes: readonly { subject: string; pid: number }[],
  port: Pick<FaultPort, 'gone'>,
): Promise<void> {
  let alive: string[] = []
  const nothingAlive = async (): Promise<boolean> => {
    const gone = await Promise.all(processes.map(({ pid }) => port.gone(pid)))
    alive = processes.filter((_, index) => gone[index] !== true).map(({ subject, pid }) => `${subject} (${pid})`)
    return alive.length === 0
  }
  const otherwise = (): string => `still alive after ${limit_ms} ms: ${alive.join(', ')}`
  await mustSee(nothingAlive, { fault, what: 'processes to be gone', limit_ms, otherwise })
}
