// What may be written down of anything: never a password, token, key or seed. Three nets, each for what slips through the one before:
//
//   of an error       the fields of a list, not all: clients hang on it the command, the query, the options that they were given
//   of an object      not the fields whose name says that it is a secret
//   of a line's text  not the secrets of the configuration, in no form, and nothing that looks like a token, a key or a hash
export const redacted = '[redacted]'

const depth_max = 6
const entries_max = 50
const errors_max = 5
const secret_name =
  /pass(word|phrase)?|secret|token|authorization|cookie|credential|signing|private|seed|sealed|api_?key/i
/** Of a secret name, what is none: identifiers, hashes that are published, numbers with a unit. */
const open_name = /_(id|ids|hash|ms|s|count|max|min|bytes|total)$/i

/** Of an object what may be written: errors by their text alone, secrets by their name left out. Deeper than six levels nothing. */
export function shownOf(value: unknown, depth = 0): unknown {
  if (value instanceof Error) return errorOf(value, depth)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'function') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return '[bytes]'
  if (depth >= depth_max) return '[…]'
  if (Array.isArray(value)) return value.slice(0, entries_max).map((entry) => shownOf(entry, depth + 1))
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return shownOf(plainOf(value), depth + 1)
  const entries = Object.entries(value).slice(0, entries_max)
  return Object.fromEntries(
    entries.map(([name, entry]) => [name, isSecret(name) ? redacted : shownOf(entry, depth + 1)]),
  )
}

const isSecret = (name: string): boolean => secret_name.test(name) && !open_name.test(name)

const plainOf = (value: object): unknown => {
  try {
    return (value as { toJSON(): unknown }).toJSON()
  } catch {
    return '[…]'
  }
}

function errorOf(error: Error, depth: number): object {
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  const { errors } = error as { errors?: unknown }
  const deeper = depth < depth_max
  return {
    type: error.constructor.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(deeper && cause instanceof Error ? { cause: errorOf(cause, depth + 1) } : {}),
    ...(deeper && Array.isArray(errors) ? { errors: shownOf(errors.slice(0, errors_max), depth + 1) } : {}),
  }
}

/** As a text for a person: what was thrown, where, and why. */
export function errorText(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error)
  const deeper = error.cause instanceof Error && depth < depth_max
  const cause = deeper ? `\ncaused by: ${errorText(error.cause, depth + 1)}` : ''
  return `${error.stack ?? error.message}${cause}`
}

// Their order: what holds another one comes first.
const shapes: readonly [RegExp, string][] = [
  // The parser shows what it could not read.
  [/Unexpected [^\n]{1,200}? is not valid JSON/g, 'a text is not valid JSON'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, redacted],
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, redacted],
  [/\$argon2\w*\$[\w$=,+/.-]+/g, redacted],
  [/\b(Bearer|Basic) +[\w+/=~.-]+/gi, `$1 ${redacted}`],
  [/(\w:\/\/)[^\s/@"'\\]+@/g, `$1${redacted}@`],
  [/\b(password|passwd|secret|token)(\\?["']?\s*[=:]\s*|\s+)\\?(["'])[^"'\\]*\\?\3/gi, `$1$2$3${redacted}$3`],
  [/\b(password|passwd)=[^\s"'&\\]+/gi, `$1=${redacted}`],
  // 32 bytes or more as hexadecimal: server seeds, signing keys. A trace or a span is shorter.
  [/\b[0-9a-f]{64,}\b/gi, redacted],
  // 32 bytes as base64url: refresh tokens.
  [/(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{43}(?![\w-])/g, redacted],
]
/** Shorter ones are words of a test, and to look for them would spoil every line. */
const secret_length_min = 8

/** Takes out of a text, or of a line of JSON, these secrets as they are, quoted or escaped, and whatever looks like one. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= secret_length_min)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), btoaOf(secret)])
  // The longest first: one may hold another.
  const known = [...new Set(forms)].toSorted((one, other) => other.length - one.length)
  return (text) => {
    let shown = text
    for (const secret of known) if (shown.includes(secret)) shown = shown.replaceAll(secret, () => redacted)
    for (const [shape, instead] of shapes) shown = shown.replace(shape, instead)
    return shown
  }
}

const btoaOf = (text: string): string => Buffer.from(text).toString('base64').replace(/=+$/, '')

/** Every text of a configuration that stands under the name of a secret, or below one. */
export function secretsIn(value: unknown, below = false): string[] {
  if (typeof value === 'string') return below ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, entry]) => secretsIn(entry, below || isSecret(name)))
}
