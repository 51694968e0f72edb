import type { MakeOptions } from '../offline/artifact.ts'

/** How one image is made: a Dockerfile, and what lies beside it. */
export interface Recipe {
  readonly name: string
  /** Differs when the image would. */
  readonly key: string
  readonly typical_s: number
  /** Writes Dockerfile and files into an empty folder. */
  prepare(folder: string, options: MakeOptions): Promise<void>
}

/** Never looked for in a registry: no registry is called localhost. */
export const referenceOf = ({ name, key }: Recipe): string => `localhost/slot-chaos-${name}:${key}`
