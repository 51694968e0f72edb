import { expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { backgroundLoops } from './background.ts'

test('a loop that throws is reported and starts again; stop ends it and waits for its end', async () => {
  const reports: string[] = []
  const loops = backgroundLoops((name) => void reports.push(name))
  let starts = 0
  let ended = false
  loops.start('relay', async (signal) => {
    if (++starts < 3) throw new Error('away')
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve())
    })
    ended = true
  })
  await waitFor(() => starts === 3, { what: 'the third start', limit_ms: 5000 })
  await loops.stop()
  expect(ended).toBe(true)
  expect(reports).toEqual(['relay', 'relay'])
})
