import type { Device } from '../../core/payload.ts'
import type { SessionRequest } from './types.ts'

const LONGEST_USER_AGENT = 256
const LONGEST_ADDRESS = 64

/** Where a request comes from, as far as it tells. */
export function deviceOf({ headers, ip, socket }: SessionRequest): Device {
  const userAgent = headers['user-agent']?.slice(0, LONGEST_USER_AGENT) ?? null
  return { address: (ip ?? socket?.remoteAddress)?.slice(0, LONGEST_ADDRESS) ?? null, userAgent }
}
