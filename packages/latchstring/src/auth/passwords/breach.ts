import { hash } from 'node:crypto'
import { withDeadline } from '../../core/deadline.ts'
import type { Duration } from '../../core/duration.ts'
import { LatchstringError } from '../../core/errors.ts'
import { checkFunction, checkTimers, refuseUnknownOptions, timerOption } from '../../core/options.ts'
import { systemTimers } from '../../core/timers.ts'
import type { Timers } from '../../core/types.ts'

/** Tells whether a password is known from a breach. Rejects when it cannot tell; nobody is kept from a password then. */
export type BreachCheck = (password: string) => Promise<boolean>

/** As much of `fetch` as is used. */
export type RangeFetch = (
  url: string,
  init: { headers: Record<string, string>; redirect: 'error'; signal: AbortSignal },
) => Promise<{ readonly ok: boolean; readonly status: number; text(): Promise<string> }>

export interface PwnedPasswordsOptions {
  /** Where the ranges are, up to the prefix. Default: `'https://api.pwnedpasswords.com/range/'`. */
  url?: string
  /** How long an answer may take. Default `'1s'`. */
  timeout?: Duration
  /** Default: the global `fetch`. */
  fetch?: RangeFetch
  /** For tests. */
  timers?: Timers
}

const PREFIX_LENGTH = 5

/**
 * A look-up in Pwned Passwords by k-anonymity: the service learns five of the 40 digits of the password's SHA-1,
 * which hundreds of passwords share, and never the password. The check rejects when the service fails.
 * @throws LatchstringError `invalid_option`
 * @example
 * accounts({ users, passwords: { breached: pwnedPasswords() } })
 */
export function pwnedPasswords(options: PwnedPasswordsOptions = {}): BreachCheck {
  refuseUnknownOptions('pwnedPasswords', options, ['url', 'timeout', 'fetch', 'timers'])
  checkFunction('fetch', options.fetch)
  checkTimers(options.timers)
  const url = urlOption(options.url ?? 'https://api.pwnedpasswords.com/range/')
  const timeout = timerOption('timeout', options.timeout ?? '1s')
  const { fetch: fetchRange = fetch, timers = systemTimers } = options
  return async (password) => {
    // The service's lists are made of SHA-1; it protects nothing here.
    const digest = hash('sha1', password, 'hex').toUpperCase()
    const prefix = digest.slice(0, PREFIX_LENGTH)
    const range = await readRange(`${url}${prefix}`, { fetchRange, timeout, timers })
    return holdsSuffix(range, digest.slice(PREFIX_LENGTH))
  }
}

interface Way {
  readonly fetchRange: RangeFetch
  readonly timeout: number
  readonly timers: Timers
}

async function readRange(url: string, { fetchRange, timeout, timers }: Way): Promise<string> {
  const controller = new AbortController()
  // Padding hides from who watches the line how long the list is, and with it which one it is.
  const headers = { 'Add-Padding': 'true' }
  const ask = async () => {
    const response = await fetchRange(url, { headers, redirect: 'error', signal: controller.signal })
    if (!response.ok) throw new Error(`the breach list answered with status ${response.status}`)
    return response.text()
  }
  try {
    return await withDeadline(ask, timeout, timers)
  } finally {
    controller.abort()
  }
}

/** Each line is a suffix, a colon and how often it was seen; padding was seen 0 times. */
function holdsSuffix(range: string, suffix: string): boolean {
  const line = range.split('\n').find((candidate) => candidate.toUpperCase().startsWith(`${suffix}:`))
  return line !== undefined && Number(line.slice(suffix.length + 1)) > 0
}

function urlOption(value: unknown): string {
  if (typeof value === 'string' && /^https?:\/\/.+\/$/.test(value) && URL.canParse(value)) return value
  throw new LatchstringError(
    'invalid_option',
    'pwnedPasswords.url takes a URL that ends with a slash: five digits are put after it',
  )
}
