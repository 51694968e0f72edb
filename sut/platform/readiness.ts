import { textOf } from '#lib/errors.ts'

type Check = () => Promise<boolean> | boolean

export interface Readiness {
  add(name: string, check: Check): void
  /** Shut until the start is done, and again from the stop on. */
  open(on: boolean): void
  /** What keeps the service from being ready, by name; empty is ready. */
  reasons(): Promise<Record<string, string>>
}

export function readinessChecks(): Readiness {
  const checks = new Map<string, Check>()
  let opened = false
  return {
    add: (name, check) => void checks.set(name, check),
    open: (on) => void (opened = on),
    async reasons() {
      if (!opened) return { service: 'not started yet, or stopping' }
      const reasons: Record<string, string> = {}
      for (const [name, check] of checks) {
        try {
          if (!(await check())) reasons[name] = 'not ready'
        } catch (error) {
          reasons[name] = textOf(error)
        }
      }
      return reasons
    },
  }
}
