import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { blocks_to, takePortBlock } from './port-block.ts'

// The last blocks: systems that run here take the first ones.
const high = blocks_to - 1_000

test('names keep their port, within the block', async () => {
  await using block = await takePortBlock(high)
  const wallet = block.port('wallet-a-1')
  expect(block.port('wallet-b-1')).not.toBe(wallet)
  expect(block.port('wallet-a-1')).toBe(wallet)
  expect(wallet).toBeGreaterThan(high)
})

test('two systems never share a block, and a released one can be taken again', async () => {
  {
    await using first = await takePortBlock(high + 300)
    await expect(takePortBlock(first.base)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
    await using second = await takePortBlock()
    expect(Math.abs(second.base - first.base)).toBeGreaterThanOrEqual(300)
  }
  await using again = await takePortBlock(high + 300)
  expect(again.base).toBe(high + 300)
})

test('a port in the middle that is taken is named', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(high + 617, '127.0.0.1', resolve))
  try {
    await expect(takePortBlock(high + 600)).rejects.toThrow(`port ${high + 617} is taken`)
  } finally {
    await new Promise((resolve) => other.close(resolve))
  }
})

test('a block has an end', async () => {
  await using block = await takePortBlock(high)
  for (let count = 1; count < 300; count++) block.port(`name-${count}`)
  expect(() => block.port('one more')).toThrow('no port left')
})
