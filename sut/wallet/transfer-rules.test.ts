import { expect, test } from 'vitest'
import type { TransferRequest } from '#sut/contracts/bodies.ts'
import { checkTransfer } from './transfer-rules.ts'

const deposit: TransferRequest = { key: 'deposit:p:1', kind: 'deposit', player_id: 'p', amount_minor: 5 }
const bet: TransferRequest = { key: 'bet:r', kind: 'bet', player_id: 'p', amount_minor: 5, round_id: 'r' }

test('the gateway deposits, the game bets', () => {
  expect(() => checkTransfer(deposit, 'gateway')).not.toThrow()
  expect(() => checkTransfer(bet, 'game')).not.toThrow()
})

test('nobody asks for what is not his', () => {
  expect(() => checkTransfer(deposit, 'game')).toThrow('may not')
  expect(() => checkTransfer(bet, 'gateway')).toThrow('may not')
  expect(() => checkTransfer(deposit, 'analytics')).toThrow('may not')
})

test('keys of a round follow its id, and no other transfer takes one', () => {
  expect(() => checkTransfer({ ...bet, key: 'bet:other' }, 'game')).toThrow('needs a round_id')
  expect(() => checkTransfer({ key: 'bet:r', kind: 'bet', player_id: 'p', amount_minor: 5 }, 'game')).toThrow(
    'round_id',
  )
  expect(() => checkTransfer({ ...deposit, key: 'win:r' }, 'gateway')).toThrow('of a round')
  expect(() => checkTransfer({ ...deposit, key: 'capture:h' }, 'gateway')).toThrow('or a hold')
})
