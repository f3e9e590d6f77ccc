import type { SessionRequest } from './types.ts'

/**
 * Whether the browser sent the request over TLS. `proxy`: whom to believe about it besides the socket; `undefined`
 * leaves it to Express' `trust proxy`, `true` believes X-Forwarded-Proto from anybody.
 */
export function isSecure(request: SessionRequest, proxy: boolean | undefined): boolean {
  if (request.socket?.encrypted === true) return true
  if (proxy === false) return false
  if (proxy !== true) return request.secure === true
  const [first = ''] = [request.headers['x-forwarded-proto'] ?? ''].flat().join(',').split(',')
  return first.trim().toLowerCase() === 'https'
}

/** Whether a cookie of this path belongs to the request, by whole segments: /admin is not /administrator. */
export function isUnder(path: string, request: SessionRequest): boolean {
  const target = request.originalUrl ?? request.url ?? '/'
  if (path === '/' && target.startsWith('/')) return true
  const requested = pathnameOf(target)
  if (!requested.startsWith(path)) return false
  return path.endsWith('/') || requested.length === path.length || requested[path.length] === '/'
}

function pathnameOf(target: string): string {
  const [path = ''] = target.split(/[?#]/, 1)
  if (path.startsWith('/')) return path
  return URL.parse(target)?.pathname ?? (path === '' ? '/' : path)
}
