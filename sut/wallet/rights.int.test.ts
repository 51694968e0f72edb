import { expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { startServices } from '#sut/platform/testing/services.ts'
import { wireWallet } from './wire.ts'

const taken_away = [
  'UPDATE entries SET amount = amount + 1',
  'DELETE FROM entries',
  'TRUNCATE entries',
  'UPDATE transfers SET amount = amount + 1',
  'DELETE FROM transfers',
  'TRUNCATE transfers',
  'UPDATE accounts SET account = account',
  'DELETE FROM accounts',
  `INSERT INTO accounts (account, balance) VALUES ('player:rich', 1000000)`,
  'UPDATE holds SET amount = amount + 1',
  'DELETE FROM outbox',
  `UPDATE outbox SET body = '{}'`,
  'DROP TABLE entries',
  'ALTER TABLE entries RENAME TO others',
  'ALTER TABLE entries DISABLE TRIGGER ALL',
  'CREATE TABLE mine (id integer)',
  'CREATE OR REPLACE FUNCTION planned() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$',
  'GRANT ALL ON entries TO current_user',
  'DELETE FROM migration',
]

test('the role that the wallet serves with adds to the books, and can change nothing in them', async () => {
  await using system = await startServices('standard')
  const { platform } = await system.start('wallet', wireWallet)
  const gateway = await system.start('gateway', () => {})
  const deposit = { key: newId(), kind: 'deposit' as const, player_id: 'ada', amount_minor: 100 }
  const deadline_ms = platform.clock.monotonic_ms() + 5000
  expect(await gateway.platform.call('wallet.transfer', { body: deposit, deadline_ms })).toMatchObject({
    balance_minor: 100,
  })
  const database = platform.database()
  const allowed: string[] = []
  for (const text of taken_away) {
    // Undone, so that one does not hide the others.
    const tried = database.transaction(async (tx) => {
      await tx.query(text)
      throw new Error('allowed')
    })
    await tried.catch((error: { code?: string; message: string }) => {
      // A grant of what one does not have is no error: it gives nothing.
      if (error.message === 'allowed' && !text.startsWith('GRANT')) allowed.push(text)
      else if (error.message !== 'allowed') expect(error.code, text).toBe('42501')
    })
  }
  expect(allowed).toEqual([])
  expect(await database.query('SELECT account FROM entries')).toHaveLength(2)
})
