import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const unlocked = patched(
  'transfer',
  { before: '  stored transfers;\nBEGIN', after: '  stored transfers;\n  seen_version bigint;\nBEGIN' },
  // A statement that reads what is committed, without waiting for who changes it.
  {
    before: `  SELECT * INTO player FROM accounts WHERE account = player_account FOR UPDATE;
  IF NOT FOUND`,
    after: `  PERFORM planted('ran');
  SELECT * INTO player FROM accounts WHERE account = player_account;
  IF NOT FOUND`,
  },
  {
    before: `  UPDATE accounts SET
    balance = accounts.balance + delta,`,
    after: `  seen_version := player.version;
  UPDATE accounts SET
    balance = player.balance + delta,`,
  },
  {
    before: 'new_id, delta, accounts.balance + delta)',
    after: 'new_id, delta, player.balance + delta)',
  },
  // Here, and not before: what meets another transfer of the same key has been undone by now.
  {
    before: '  INSERT INTO entries VALUES',
    after: `  IF player.version <> seen_version + 1 THEN
    PERFORM planted('reached');
  END IF;
  INSERT INTO entries VALUES`,
  },
)

export const updatesLost: PlantedBug = {
  name: 'updates-lost',
  title: 'Two transfers at once: one is forgotten',
  description:
    'The wallet reads a balance, adds to it and writes it back, without the player’s lock: of two transfers of one account at the same time, the later one overwrites what the earlier one made.',
  caught_by: 'entries-gapless-chained',
  experiment: 'contention',
  replaces: {},
  sql: { wallet: unlocked },
}
