import { Failure } from '#lib/errors.ts'
import { WaitedTooLong, waitFor } from '#lib/wait.ts'
import type { FaultPort } from '../targets/target.ts'

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
  try {
    await waitFor(nothingAlive, { what: 'processes to be gone', limit_ms })
  } catch (error) {
    if (!(error instanceof WaitedTooLong)) throw error
    throw new Failure('FAULT_NOT_EFFECTIVE', `${fault}: still alive after ${limit_ms} ms: ${alive.join(', ')}`)
  }
}
