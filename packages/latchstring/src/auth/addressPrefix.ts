import { isIPv4, isIPv6 } from 'node:net'

/** What every client counts as that has no address, or none that can be read. */
export const UNKNOWN_ADDRESS = 'unknown'

/** Longer than any spelling of an address with its zone and port. */
const LONGEST_ADDRESS = 100
const BRACKETS = /^\[([^\]]*)\](?::\d{1,5})?$/
const IPV4_WITH_PORT = /^([\d.]+):\d{1,5}$/

/**
 * What a client's address is counted under: an IPv4 address as it is, of an IPv6 address the first 64 bits, as every
 * subscriber has that many to choose from. All spellings of one address are the same.
 */
export function addressPrefix(address: string | null): string {
  if (address === null || address.length > LONGEST_ADDRESS) return UNKNOWN_ADDRESS
  const bare = withoutPort(address)
  if (isIPv4(bare)) return bare
  const [host = ''] = bare.split('%')
  return isIPv6(host) ? prefixOf(groupsOf(host)) : UNKNOWN_ADDRESS
}

function withoutPort(address: string): string {
  const [, host = address] = BRACKETS.exec(address) ?? IPV4_WITH_PORT.exec(address) ?? []
  return host
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const first = numbersOf(head)
  const last = tail === undefined ? [] : numbersOf(tail)
  const zeros = new Array<number>(8 - first.length - last.length).fill(0)
  return [...first, ...zeros, ...last]
}

function numbersOf(text: string): number[] {
  if (text === '') return []
  return text
    .split(':')
    .flatMap((group) => (group.includes('.') ? pairsOf(group) : [Number.parseInt(group, 16)]))
}

/** An IPv4 address at the end of an IPv6 address is two of its numbers. */
function pairsOf(ipv4: string): [number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}

function prefixOf(groups: readonly number[]): string {
  const [high = 0, low = 0] = groups.slice(6)
  if (isMapped(groups)) return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  const network = groups.slice(0, 4).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

/** RFC 4291 section 2.5.5.2: ::ffff:0:0/96 is IPv4. */
function isMapped(groups: readonly number[]): boolean {
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
}
