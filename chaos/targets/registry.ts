import { Failure } from '#lib/errors.ts'
import { kind } from './kind/target.ts'
import { kubernetes } from './kubernetes/target.ts'
import { local } from './local/target.ts'
import type { Target } from './target.ts'

/** Every target by its name; 'local' is the default. */
export const targets: Readonly<Record<string, Target>> = { local, kind, kubernetes }

/** Throws Failure TARGET_UNAVAILABLE. */
export function targetNamed(name: string): Target {
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined
  if (target !== undefined) return target
  throw new Failure('TARGET_UNAVAILABLE', `there is no target '${name}', only ${Object.keys(targets).join(', ')}`)
}
