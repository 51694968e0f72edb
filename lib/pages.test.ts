import { expect, test } from 'vitest'
import { pages } from './pages.ts'

test.each([0, 1, 2, 3, 4, 7])('%i rows in pages of two come once each, in order', async (count) => {
  const rows = Array.from({ length: count }, (_, index) => index)
  const read = async (last: number | undefined, size: number): Promise<number[]> =>
    rows.filter((row) => last === undefined || row > last).slice(0, size)
  expect(await Array.fromAsync(pages(2, read))).toEqual(rows)
})
