import type { StateOf } from '#sut/contracts/state.ts'
import type { State } from '../record/record.ts'
import { operationOf } from './applied-twice.ts'
import { verdictOf, type Check } from './check.ts'
import { redelivered } from './deliveries.ts'

type PlayerModel = Omit<StateOf<'player_model'>, 'kind' | 'player_id'>
type GameModel = Omit<StateOf<'game_model'>, 'kind' | 'game_id'>

/** The read models, though fed by events in any order, are what the ledger says. */
export const readModels: Check = {
  name: 'read-models',
  title: 'The read models equal the ledger',
  needs: ['state', 'rest'],
  dangers: [
    {
      name: 'redelivered_to_models',
      what: 'events that came to analytics more than once, for the read models',
      brought_about_by: 'faults that end consumers, or cut them from the bus while they work',
    },
    {
      name: 'events_in_crossing',
      what: 'transfers whose neighbours in the account were under way at the same time, so that their events come in any order',
      brought_about_by: 'two-devices, same-key',
    },
    {
      name: 'transfers_modelled_during_fault',
      what: 'transfers that were made while a fault was at work',
      brought_about_by: 'every fault',
    },
  ],
  run({ state }, evidence) {
    const verdict = verdictOf('read-models')
    const compare = (what: string, model: object | undefined, ledger: object, lines: (object | undefined)[]): void => {
      verdict.examine()
      const text = differing(model, ledger)
      if (text !== null) verdict.violate(() => ({ text: `${what}: ${text}.`, entries: lines, fault: null }))
    }
    for (const transfer of state.transfer) {
      const operation = operationOf(transfer, evidence)
      if (operation !== undefined && evidence.crossing.has(operation)) verdict.exercise('events_in_crossing')
      if (evidence.faultAt(transfer.created_at_ms) !== null) verdict.exercise('transfers_modelled_during_fault')
    }
    verdict.exercise(
      'redelivered_to_models',
      redelivered(state, (name) => name.startsWith('analytics-')),
    )
    const models = new Map(state.player_model.map((line) => [line.player_id, line]))
    const accounts = new Map(state.account.map((line) => [line.account, line]))
    const players = playersOf(state)
    for (const [player_id, ledger] of players)
      compare(`Read model of player ${player_id}`, models.get(player_id), ledger, [
        models.get(player_id),
        accounts.get(`player:${player_id}`),
      ])
    for (const line of state.player_model)
      if (!players.has(line.player_id)) compare(`Read model of player ${line.player_id}`, line, emptyPlayer(), [line])
    const games = gamesOf(state)
    const gameModels = new Map(state.game_model.map((line) => [line.game_id, line]))
    for (const [game_id, ledger] of games)
      compare(`Read model of game ${game_id}`, gameModels.get(game_id), ledger, [gameModels.get(game_id)])
    for (const line of state.game_model)
      if (!games.has(line.game_id)) compare(`Read model of game ${line.game_id}`, line, emptyGame(), [line])
    return verdict.outcome()
  },
}

function differing(model: object | undefined, ledger: object): string | null {
  if (model === undefined) return 'it is missing'
  for (const [name, value] of Object.entries(ledger)) {
    const held = (model as Record<string, unknown>)[name]
    if (held !== value) return `it has ${name} ${String(held)}, the ledger says ${String(value)}`
  }
  return null
}

const emptyPlayer = (): PlayerModel => ({
  version: 0,
  balance_minor: 0,
  deposited_minor: 0,
  withdrawn_minor: 0,
  staked_minor: 0,
  won_minor: 0,
})

const emptyGame = (): GameModel => ({ rounds: 0, staked_minor: 0, won_minor: 0 })

/** Sums stay far below 2^53 (each amount is at most 10^9), so they are exact as numbers. */
function playersOf(state: State): Map<string, PlayerModel> {
  const players = new Map<string, PlayerModel>()
  for (const { account, version, balance_minor } of state.account)
    if (account.startsWith('player:') && version > 0)
      players.set(account.slice('player:'.length), { ...emptyPlayer(), version, balance_minor })
  for (const { transfer_kind, player_id, amount_minor } of state.transfer) {
    const player = players.get(player_id)
    if (player === undefined) continue
    if (transfer_kind === 'deposit') player.deposited_minor += amount_minor
    else if (transfer_kind === 'withdrawal') player.withdrawn_minor += amount_minor
    else if (transfer_kind === 'win') player.won_minor += amount_minor
    else if (transfer_kind === 'bet') player.staked_minor += amount_minor
    else if (transfer_kind === 'rollback') player.staked_minor -= amount_minor
  }
  return players
}

/** A round counts from its bet until a rollback takes the bet back. */
function gamesOf(state: State): Map<string, GameModel> {
  const games = new Map<string, GameModel>()
  for (const { transfer_kind, game_id, amount_minor } of state.transfer) {
    if (game_id === null || !['bet', 'win', 'rollback'].includes(transfer_kind)) continue
    const game = games.get(game_id) ?? emptyGame()
    games.set(game_id, game)
    if (transfer_kind === 'win') game.won_minor += amount_minor
    else {
      game.rounds += transfer_kind === 'bet' ? 1 : -1
      game.staked_minor += transfer_kind === 'bet' ? amount_minor : -amount_minor
    }
  }
  return games
}
