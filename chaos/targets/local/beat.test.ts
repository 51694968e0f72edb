import { expect, test } from 'vitest'
import { Failure } from '#lib/errors.ts'
import { pause } from '#lib/wait.ts'
import { beat } from './running.ts'

/** Beats with a lease of 40 ms until it is over, or 300 ms have passed; each beat is answered in turn, the last one from then on. */
async function beats(...answers: (Failure | null)[]): Promise<{ lost: Failure | undefined; asked: number }> {
  const over = new AbortController()
  let [asked, lost] = [0, undefined as Failure | undefined]
  const call = async (): Promise<never> => {
    const answer = answers[Math.min(asked++, answers.length - 1)]
    if (answer) throw answer
    return {} as never
  }
  const beating = beat({ control: { call }, session: 's', lease_ms: 40 }, over.signal, (reason) => (lost = reason))
  await Promise.race([beating, pause(300)])
  over.abort()
  await beating
  return { lost, asked }
}
const silent = new Failure('SYSTEM_LOST', 'nobody answers')

test('a harness that is heard is not lost, and one beat that is missed is made up for by the next', async () => {
  expect((await beats(null)).lost).toBeUndefined()
  expect((await beats(null, silent, null)).lost).toBeUndefined()
})

test('a daemon that says that the session has ended is believed at once', async () => {
  const { lost, asked } = await beats(null, new Failure('LEASE_EXPIRED', 'its faults were reverted'))
  expect([lost?.code, asked]).toEqual(['LEASE_EXPIRED', 2])
  expect(lost?.message).toContain('its faults were reverted')
})

test('a daemon that is silent for a whole lease may have reverted everything', async () => {
  const { lost } = await beats(null, silent)
  expect(lost?.code).toBe('LEASE_EXPIRED')
  expect(lost?.message).toContain('nobody answers')
})
