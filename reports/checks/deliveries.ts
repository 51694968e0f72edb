import type { State } from '../record/record.ts'

/**
 * How many events came again to consumers, beyond the one time that each has to come; at least: a consumer that was lost, and made
 * again, counts from the start.
 */
export function redelivered({ delivery, log }: State, isOne: (consumer: string) => boolean): number {
  const deliveries = delivery.reduce((sum, line) => sum + (isOne(line.consumer) ? line.deliveries : 0), 0)
  return Math.max(0, deliveries - log.length)
}
