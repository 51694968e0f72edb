import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const off_by_one = patched('reserve_stake', {
  before: 'if lost_before + new_stake > most then',
  after: `perform planted('ran');
  if lost_before + new_stake > most and lost_before < most then
    perform planted('reached');
  elsif lost_before >= most then`,
})

export const limitOffByStake: PlantedBug = {
  name: 'limit-off-by-stake',
  title: 'A loss limit is off by one stake',
  description: 'Session looks whether the limit was reached before a stake, and not whether it is after it.',
  caught_by: 'limits-kept',
  experiment: 'safer-play',
  replaces: {},
  sql: { session: off_by_one },
}
