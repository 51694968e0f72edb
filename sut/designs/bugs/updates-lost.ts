import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const unlocked = patched(
  'transfer',
  // A statement that reads what is committed, without waiting for who changes it.
  {
    before: `  SELECT * INTO player FROM accounts WHERE account = player_account FOR UPDATE;
  IF NOT FOUND`,
    after: `  PERFORM planted('ran');
  SELECT * INTO player FROM accounts WHERE account = player_account;
  IF NOT FOUND`,
  },
  {
    before: `    balance = accounts.balance + delta,
    version = accounts.version + 1,`,
    after: `    balance = player.balance + delta,
    version = accounts.version + CASE WHEN accounts.version = player.version THEN 1 ELSE planted('reached') END,`,
  },
  {
    before: 'new_id, delta, accounts.balance + delta)',
    after: 'new_id, delta, player.balance + delta)',
  },
)

export const updatesLost: PlantedBug = {
  name: 'updates-lost',
  title: 'Two transfers at once: one is forgotten',
  description:
    'The wallet reads a balance, adds to it and writes it back, without the player’s lock: of two transfers of one account at the same time, the later one overwrites what the earlier one made.',
  caught_by: 'entries-gapless-chained',
  experiment: 'calm',
  replaces: {},
  sql: { wallet: unlocked },
}
