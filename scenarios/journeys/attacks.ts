import { between, hex, pick, type Draw } from '../k6/draw.ts'
import { headers } from '../k6/routes.ts'
import type { Action, Answer, Attack, Request } from './journey.ts'

// What a thief sends, at once. Each request of an attack is one that must not be admitted.

/** What he saw on the line, and his own signing key. */
export interface Loot {
  action: Action
  answer: Answer
  own_key: string
}

type Make = (draw: Draw, loot: Loot) => Request[]

const clock_ms = 600_000
const guesses = { from: 6, to: 25 } as const
/** More than a network may have looked at (`guesses_looked_at` of sut/contracts/promises.ts). */
const names_guessed = 48
/** Each that is under way has a connection of its own. */
export const guesses_at_once = 4
const big_bytes = 300_000

/** Amounts that are none. */
const unfitting = ['"100"', '"abc"', '-100', '0', '1.5', '1e308', 'null', 'true', '[100]', '{"minor":100}'] as const
const unreadable = ['[]', '"x"', '{', '{}', '{"amount_minor":100,"__proto__":7'] as const

/** Needs an operation that was admitted: another one, sent again, would be the first that arrives. */
const replays = {
  'replay-same-gateway': (draw, loot) => copies(draw, replay('replay-same-gateway', loot, { through: 'home' })),
} satisfies Record<string, Make>

const moneyReplays = {
  'replay-other-gateway': (draw, loot) => [
    ...copies(draw, replay('replay-other-gateway', loot, { through: 'other' })),
    replay('replay-same-gateway', loot, { through: 'home' }),
  ],
  'replay-other-key': (draw, loot) => {
    const changed = { ...loot.answer.sent.headers, [headers.key]: `stolen-${hex(draw, 16)}` }
    return onBoth(replay('replay-other-key', loot, {}, { headers: changed }))
  },
  'replay-other-body': (draw, loot) => {
    const body = JSON.stringify({ amount_minor: 50_00 + Math.floor(draw() * 50_00) })
    return onBoth(replay('replay-other-body', loot, {}, { body }))
  },
} satisfies Record<string, Make>

const depositReplays = {
  'replay-other-path': (_, { action, ...loot }) => {
    const amount_minor = 'amount_minor' in action ? action.amount_minor : 100
    return onBoth(replay('replay-other-path', { ...loot, action: { kind: 'withdraw', amount_minor } }))
  },
} satisfies Record<string, Make>

/**
 * Taken off the line before it arrived, so its nonce is new: signed as it was, sent with one part exchanged. Whatever the signature does
 * not cover is served.
 */
function changedOnTheWay(draw: Draw, { answer: { sent } }: Loot): Request[] {
  const fresh = (): string => `stolen-${hex(draw, 16)}`
  const time = sent.headers[headers.timestamp]
  const parts: Omit<Attack, 'name'>[] = [
    { signed_key: '' },
    { signed_key: fresh() },
    { signed_body: '{"amount_minor":100}', body: JSON.stringify({ amount_minor: 5_00 + Math.floor(draw() * 5_00) }) },
    { signed_path: '/v1/sessions' },
    { signed_region: 'elsewhere' },
    { headers: { [headers.nonce]: fresh() } },
    ...(time === undefined ? [] : [{ skew_ms: -clock_ms, headers: { [headers.timestamp]: time } }]),
  ]
  return parts.map((part, number) => ({
    ...attacking({ kind: 'deposit', amount_minor: 1_00 }, { name: 'changed-on-the-way', ...part }),
    as: 'victim',
    through: number % 2 === 0 ? 'home' : 'other',
  }))
}

/** As JSON says it and no store keeps it. Written out: k6 replaces half of a surrogate pair that stands in a text. */
const unkept = ['\\u0000', '\\ud800', '\\udc00a'] as const

function unkeptText(draw: Draw): Request[] {
  const text = (): string => `"${hex(draw, 4)}${pick(draw, unkept)}${hex(draw, 4)}"`
  const seed = `{"session_id":"${hex(draw, 16)}","stake_minor":10,"client_seed":${text()}}`
  const session = `{"session_id":${text()},"stake_minor":10,"client_seed":"${hex(draw, 8)}"}`
  const sent = (action: Action, body: string) => attacking(action, { name: 'unkept-text', body, signed_body: body })
  const spin: Action = { kind: 'spin', stake_minor: 10, client_seed: '' }
  return [
    { ...sent(spin, seed), through: 'home' },
    { ...sent(spin, session), through: 'other' },
    sent({ kind: 'open_session' }, `{"game_id":${text()}}`),
  ]
}

export const manyNames = 'many-names'

/** Needs no more than the victim's token, or an account of his own. */
const always = {
  'changed-on-the-way': changedOnTheWay,
  'forged-signature': (draw) => onBoth(onVictim(draw, { name: 'forged-signature', signed_with: hex(draw, 64) })),
  // The client adds the victim's token: only the signature is of the thief's own key.
  'foreign-token': (draw, { own_key }) =>
    own_key === '' ? [] : onBoth(onVictim(draw, { name: 'foreign-token', signed_with: own_key })),
  skewed: (draw) => [
    { ...onVictim(draw, { name: 'skewed', skew_ms: -clock_ms }), through: 'home' },
    { ...onVictim(draw, { name: 'skewed', skew_ms: clock_ms }), through: 'other' },
  ],
  unsigned: (draw) => onBoth(onVictim(draw, { name: 'unsigned', headers: { 'x-slot-signature': '' } })),
  'unknown-token': (draw, loot) => {
    const authorization = `Bearer ${unknownToken(draw, loot.answer)}`
    return onBoth(onVictim(draw, { name: 'unknown-token', headers: { authorization } }))
  },
  'wrong-passwords': (draw) =>
    Array.from({ length: between(draw, guesses) }, (_, number) => ({
      ...attacking({ kind: 'login', password: 'wrong' }, { name: 'wrong-passwords' }),
      as: 'victim',
      through: number % 2 === 0 ? 'home' : 'other',
    })),
  'unkept-text': unkeptText,
  // What he cannot get from one name, as that is locked, he tries with many: each guess costs the system a hash.
  [manyNames]: (draw) =>
    Array.from({ length: names_guessed }, (_, number) => ({
      ...attacking({ kind: 'login', password: 'wrong', name: `nobody-${hex(draw, 12)}` }, { name: manyNames }),
      through: number % 2 === 0 ? 'home' : 'other',
    })),
  'oversized-body': () =>
    onBoth(withBody('oversized-body', JSON.stringify({ amount_minor: 100, note: 'x'.repeat(big_bytes) }))),
  'unfitting-types': (draw) => [
    { ...withBody('unfitting-types', `{"amount_minor":${pick(draw, unfitting)}}`), through: 'home' },
    { ...withBody('unfitting-types', pick(draw, unreadable)), through: 'other' },
  ],
} satisfies Record<string, Make>

const every: Readonly<Record<string, Make>> = { ...replays, ...moneyReplays, ...depositReplays, ...always }

/** Needs several steps: the thief does it himself. */
export const revokedToken = 'revoked-token'

export const attackNames: readonly string[] = [...Object.keys(every), revokedToken]

/** The attacks that can be made of this: what would rightly be admitted is not among them, nor what is done once. */
export function possible({ action: { kind }, answer: { outcome } }: Loot): string[] {
  const names = [...Object.keys(always).filter((name) => name !== manyNames), revokedToken]
  if (outcome !== 'ok') return names
  names.push(...Object.keys(replays))
  if (kind === 'deposit' || kind === 'withdraw') names.push(...Object.keys(moneyReplays))
  if (kind === 'deposit') names.push(...Object.keys(depositReplays))
  return names
}

export const requestsOf = (name: string, draw: Draw, loot: Loot): Request[] => every[name]?.(draw, loot) ?? []

export const attacking = (action: Action, attack: Attack): Request => ({ action, attack, counted: false })

function replay(
  name: string,
  { action, answer: { operation_id, sent } }: Pick<Loot, 'action' | 'answer'>,
  where: Pick<Request, 'through'> = {},
  other: Pick<Attack, 'headers' | 'body'> = {},
): Request {
  const attack: Attack = { name, of: operation_id, headers: sent.headers, body: sent.body, ...other }
  return { ...attacking(action, attack), as: 'victim', ...where }
}

/** Something that is worth it, in the name of the victim. */
function onVictim(draw: Draw, attack: Attack): Request {
  const actions: Action[] = [
    { kind: 'balance' },
    { kind: 'withdraw', amount_minor: 1_00 },
    { kind: 'deposit', amount_minor: 1_00 },
  ]
  return { ...attacking(pick(draw, actions), attack), as: 'victim' }
}

/** Of his own account and rightly signed: only what it says is wrong. */
const withBody = (name: string, body: string): Request =>
  attacking({ kind: 'deposit', amount_minor: 1_00 }, { name, body, signed_body: body })

/** Looks like the victim's, as far as one was seen. */
function unknownToken(draw: Draw, { sent }: Answer): string {
  const seen = (sent.headers['authorization'] ?? '').slice('Bearer '.length)
  return draw() < 0.5 && seen.length > 20 ? seen.slice(0, -10) + hex(draw, 10) : hex(draw, 64)
}

export const onBoth = (request: Request): Request[] => [
  { ...request, through: 'home' },
  { ...request, through: 'other' },
]

const copies = (draw: Draw, request: Request): Request[] =>
  Array.from({ length: between(draw, { from: 1, to: 3 }) }, () => request)
