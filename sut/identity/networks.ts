import { isIPv4, isIPv6 } from 'node:net'

/**
 * The network of an address: what one person usually has many addresses of. 192.0.2.0/24 of version 4, 2001:db8:0:100::/56 of version 6;
 * of an address of version 4 that is written as one of version 6, that of version 4. Anything else is one network of its own.
 */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIPv4(plain)) return `${plain.split('.').slice(0, 3).join('.')}.0/24`
  if (!isIPv6(plain)) return 'unknown'
  const groups = groupsOf(plain.replace(/%.*$/, ''))
  const last = (groups[3]! & 0xff00).toString(16)
  return `${[...groups.slice(0, 3).map((group) => group.toString(16)), last].join(':')}::/56`
}

/** The first four groups of sixteen bits. */
function groupsOf(address: string): number[] {
  const [before = '', after] = address.split('::')
  const split = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const [head, tail] = [split(before), split(after ?? '')]
  const tail_groups = tail.length + (tail.at(-1)?.includes('.') === true ? 1 : 0)
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail_groups)
  return [...head, ...Array.from({ length: zeros }, () => '0'), ...tail, '0', '0']
    .slice(0, 4)
    .map((group) => parseInt(group, 16))
}
