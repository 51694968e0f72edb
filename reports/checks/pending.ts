import type { ObservationLine } from '../record/format.ts'

/** How many looks at the running system found work of that kind waiting; without a kind: any. */
export const looksWith = (kind: string | undefined, observations: readonly ObservationLine[]): number =>
  observations.filter(
    (line) =>
      line.kind === 'sample' &&
      Object.entries(line.pending).some(([name, value]) => value > 0 && (kind === undefined || name === kind)),
  ).length
