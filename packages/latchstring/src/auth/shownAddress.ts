import { isIPv4 } from 'node:net'
import { addressPrefix, UNKNOWN_ADDRESS } from './addressPrefix.ts'

const LOOPBACK = '::1'

/**
 * An address as people are shown it: enough to recognise a network, without the device in it. `null` for what is
 * no address. The exact one stays in the session's row.
 *
 * @example
 * shownAddress('203.0.113.7') // '203.0.113.x'
 * shownAddress('2001:db8:1:2::3') // '2001:db8:1::/48'
 */
export function shownAddress(address: string | null): string | null {
  if (address === LOOPBACK) return LOOPBACK
  const prefix = addressPrefix(address)
  if (prefix === UNKNOWN_ADDRESS) return null
  return isIPv4(prefix) ? shownIpv4(prefix) : shownIpv6(prefix)
}

function shownIpv4(address: string): string {
  return `${address.slice(0, address.lastIndexOf('.'))}.x`
}

/** The first 48 bits: a home is given no more addresses than these have, and mostly fewer (RFC 6177). */
function shownIpv6(prefix: string): string {
  const start = prefix.split(':').slice(0, 3).join(':')
  return `${start.replace(/(?::0)+$/, '')}::/48`
}
