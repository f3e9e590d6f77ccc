import { LatchstringError } from '../core/errors.ts'

/** What the decision depends on. */
export interface RequestOrigin {
  readonly method: string
  readonly host: string | undefined
  readonly isSecure: boolean
  readonly origin: string | undefined
  /** The header Sec-Fetch-Site, which every current browser sends to trustworthy addresses. */
  readonly fetchSite: string | undefined
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Whether a browser was made to send this request by another site. Requests with neither Sec-Fetch-Site nor
 * Origin come from programs, which cannot be tricked into using somebody's cookies.
 */
export function isCrossOrigin(request: RequestOrigin, trustedOrigins: ReadonlySet<string>): boolean {
  if (isSafeMethod(request.method)) return false
  const { fetchSite, origin } = request
  if (fetchSite === 'same-origin' || fetchSite === 'none') return false
  if (fetchSite === undefined && origin === undefined) return false
  if (origin !== undefined && trustedOrigins.has(origin)) return false
  return fetchSite !== undefined || origin !== ownOrigin(request)
}

/** Whether requests of this method change nothing, by their definition. Without a method it is GET. */
export function isSafeMethod(method = 'GET'): boolean {
  return SAFE_METHODS.has(method)
}

function ownOrigin({ isSecure, host }: RequestOrigin): string | null {
  return host === undefined ? null : `${isSecure ? 'https' : 'http'}://${host.toLowerCase()}`
}

/**
 * The exact origins of an option.
 * @throws LatchstringError `invalid_option` for what is no origin.
 */
export function parseTrustedOrigins(origins: readonly string[]): ReadonlySet<string> {
  if (Array.isArray(origins) && origins.every(isOrigin)) return new Set(origins)
  throw new LatchstringError(
    'invalid_option',
    "trustedOrigins takes an array of exact origins, such as ['https://accounts.example.com'], without path or wildcard",
  )
}

/** A URL may have a star in its host, but no browser is ever there. */
function isOrigin(text: unknown): boolean {
  if (typeof text !== 'string' || !/^https?:[^*]+$/.test(text) || !URL.canParse(text)) return false
  return new URL(text).origin === text
}
