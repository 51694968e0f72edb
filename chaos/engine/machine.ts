import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'

/** The machine that a run happened on: numbers of two machines are not to be compared. */
export function machine(): Record<string, string | number> {
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memory_bytes: totalmem(),
    platform: `${platform()} ${arch()}`,
    kernel: release(),
  }
}
