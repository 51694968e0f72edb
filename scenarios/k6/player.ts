import type { Answer, Journey, PlayerView, Request } from '../journeys/journey.ts'
import { credentialsIn, learn, newAccount, noCredentials, type Account } from './account.ts'
import { askedBy, clientOf, type Client, type Context } from './client.ts'
import { draws, type Draw } from './draw.ts'
import { abandon, type Operation, type Result } from './operation.ts'
import { headers, keyName, routes } from './routes.ts'

export interface Player {
  readonly account: Account
  /** One arrival: a turn of the journey; around it a new session or token when the old one is over. */
  arrive(iteration: number): Promise<void>
}

const renewAgain_ms = 5_000
/** Of one arrival: a journey that goes on for ever is a mistake. */
const batches_max = 50

export function playerOf(account: Account, journey: Journey, context: Context): Player {
  const { seed, tools } = context
  const clients = clientsOf(account, journey, context)
  const turn = journey.begin()
  let arrival = 0
  const view = viewOf(account, tools.now_ms, () => arrival)
  return {
    account,
    async arrive(iteration) {
      arrival = iteration
      const draw = draws(seed, iteration)
      const steps = turn(draw, view)
      let answers: readonly Answer[] = []
      let number = 0
      for (let batch = 0; batch < batches_max; batch++) {
        const { value, done } = steps.next(answers)
        if (done === true) break
        if ('pause_ms' in value) {
          await tools.delay(value.pause_ms)
          answers = []
          continue
        }
        const first = number
        number += value.length
        answers = await Promise.all(
          value.map((request, index) => send(request, first + index, { iteration, draw, journey, clients, context })),
        )
      }
      if (tools.now_ms() < account.renew_at_ms) return
      // Behind the player's back; when it does not work, the old token serves until it is refused.
      if (!(await clients.self.logIn(`i${iteration}-renew`))) account.renew_at_ms = tools.now_ms() + renewAgain_ms
    },
  }
}

interface Clients {
  self: Client
  victim: Client | undefined
  operator: Client | undefined
}

function clientsOf(account: Account, journey: Journey, context: Context): Clients {
  const { operator } = context
  const staff = operator && newAccount(account.number, operator.name, operator.password, account.game_id)
  return {
    self: clientOf(account, journey, context),
    victim: account.victim && clientOf(account.victim, journey, context),
    operator: staff && clientOf(staff, journey, context),
  }
}

interface Sending {
  iteration: number
  draw: Draw
  journey: Journey
  clients: Clients
  context: Context
}

async function send(
  request: Request,
  number: number,
  { iteration, draw, journey, clients, context }: Sending,
): Promise<Answer> {
  const { action, through, cut_after_ms, attack } = request
  const client = clients[request.as ?? 'self']
  if (client === undefined) throw new Error(`${journey.name} has no account ${request.as}`)
  const { account } = client
  // The first request stands for the arrival; what follows is beside it.
  const id = number === 0 ? `i${iteration}` : `i${iteration}.${number}`
  const obstacle = attack === undefined ? await prepare(request, client, id) : ''
  const counted = journey.honest && request.counted !== false
  const duplicate = routes[action.kind].money && attack === undefined && draw() < journey.duplicate_share
  const operation: Operation = {
    id,
    ...(number === 0 && { iteration }),
    ...askedBy(action, account, request.with ?? account.credentials),
    duplicate,
    counted,
    ...(attack?.body !== undefined && { body: attack.body }),
    ...(through !== undefined && { gateway: client.gateway(through) }),
    ...keyOf(request, context.tools.run_id),
    ...(cut_after_ms !== undefined && { cut_after_ms }),
    ...(attack !== undefined && { attack }),
  }
  // The player pressed the button, so the spin counts, though there is no session to send it with.
  const result =
    obstacle === ''
      ? await client.run(operation, { draw: draws(context.seed, id), with: request.with })
      : abandon(operation, client.caller(id), obstacle, context.tools)
  if (attack === undefined) learn(account, action.kind, result)
  return answerOf(action.kind, result)
}

/** The key as it is sent: what was captured has one already. */
function keyOf({ key, attack }: Request, run_id: string): { key?: string } {
  const captured = attack?.headers?.[headers.key]
  if (captured !== undefined) return { key: keyName(run_id, captured) }
  return key === undefined ? {} : { key }
}

/** What must be there before the request can be sent: a login, a session. Says why there is none; '': all is there. */
async function prepare({ action, with: credentials }: Request, client: Client, id: string): Promise<string> {
  const { account } = client
  if (routes[action.kind].signed && credentials === undefined && account.credentials === noCredentials)
    await client.logIn(`${id}-first`)
  if ((action.kind !== 'spin' && action.kind !== 'reality_check') || account.session_id !== '') return ''
  const opened = await client.openSession(`${id}-session`)
  learn(account, 'open_session', opened)
  return opened.outcome === 'ok' ? '' : opened.code
}

const nothingSent: Answer['sent'] = { nonce: '', key: '', body: '', headers: {} }

function answerOf(kind: Operation['kind'], { sent, ...result }: Result): Answer {
  const isLogin = result.outcome === 'ok' && (kind === 'login' || kind === 'refresh')
  return {
    ...result,
    sent: sent ?? nothingSent,
    ...(isLogin && { credentials: credentialsIn(result.body, result.operation_id) }),
  }
}

const viewOf = (account: Account, now_ms: () => number, arrival: () => number): PlayerView => ({
  get balance_minor() {
    return account.balance_minor
  },
  get held_minor() {
    return account.held_minor
  },
  get payout_id() {
    return account.payout_id
  },
  get round_id() {
    return account.round_id
  },
  get credentials() {
    return account.credentials
  },
  get victim_id() {
    return account.victim?.player_id ?? ''
  },
  get now_ms() {
    return now_ms()
  },
  get arrival() {
    return arrival()
  },
})
