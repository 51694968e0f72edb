// Numbers and lists as the reports say them. Thousands and units are set apart with a space that does not break.

export const count = (value: number): string =>
  Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, '\u00A0')

/** `0.04 s`, `1.2 s`, `75 s`; a dash for null. */
export function seconds(value_s: number | null): string {
  if (value_s === null) return '–'
  const digits = value_s === 0 || value_s >= 100 ? 0 : value_s < 0.1 ? 2 : 1
  return `${trimmed(value_s, digits)}\u00A0s`
}

const trimmed = (value: number, digits: number): string => value.toFixed(digits).replace(/\.0+$/, '')

/** `0.9–1.4 s`, both with the same number of digits. */
export function secondsRange(low_s: number | null, high_s: number | null): string {
  const digits = (high_s ?? 0) >= 100 ? 0 : 1
  return `${low_s?.toFixed(digits) ?? '–'}–${high_s?.toFixed(digits) ?? '∞'}\u00A0s`
}

export function milliseconds(value_ms: number | null): string {
  if (value_ms === null) return '–'
  return `${value_ms < 10 ? value_ms.toFixed(1) : count(value_ms)}\u00A0ms`
}

/** `0.13 %`, `2.5 %`, `40 %`. */
export function percent(share: number): string {
  const value = share * 100
  const digits = value === 0 || value >= 10 ? 0 : value < 1 ? 2 : 1
  return `${trimmed(value, digits)}\u00A0%`
}

/** `one`, `two` … `twelve`, then digits. */
export function counted(value: number): string {
  const words = [
    'no',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
    'ten',
    'eleven',
    'twelve',
  ]
  return words[value] ?? count(value)
}

/** `1 operation`, `2 operations`. */
export const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`

export const times = (value: number): string =>
  value === 1 ? 'once' : value === 2 ? 'twice' : `${counted(value)} times`

/** `a`, `a and b`, `a, b and c`; more than `most` are counted. */
export function listed(items: readonly string[], most = 4): string {
  const shown = items.length > most ? [...items.slice(0, most - 1), `${items.length - most + 1} more`] : [...items]
  const last = shown.pop()
  return shown.length === 0 ? (last ?? '') : `${shown.join(', ')} and ${last ?? ''}`
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
