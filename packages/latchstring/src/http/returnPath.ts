const LONGEST = 2_048
/** Stands for our own origin, whatever that is: no real host has this name (RFC 6761, section 6.4). */
const PLACEHOLDER_ORIGIN = 'http://app.invalid'

/**
 * The path to go to after a login, if it leads into this site; otherwise the fallback, which is taken as it is.
 *
 * @example
 * safeReturnPath('/account?tab=2', '/') // '/account?tab=2'
 * safeReturnPath('//evil.example', '/') // '/'
 */
export function safeReturnPath(value: unknown, fallback: string): string {
  if (typeof value !== 'string' || value.length > LONGEST || !isOwnPath(value)) return fallback
  const url = URL.parse(value, PLACEHOLDER_ORIGIN)
  if (url?.origin !== PLACEHOLDER_ORIGIN) return fallback
  // Dots may have gone away while parsing, and two slashes have met: `/.//host` leads out again.
  return isOwnPath(decoded(url.pathname)) ? url.pathname + url.search + url.hash : fallback
}

/** One slash first, and nothing that a browser reads as another slash or leaves out. */
function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(path)
}

/** What a server on the way might make of the path. Text that is no encoding at all is no path of ours. */
function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return ''
  }
}
