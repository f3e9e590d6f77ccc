import type { Exchange } from '../http/exchange.ts'

/**
 * Cached pages and what the site's scripts stored go with the session. Not cookies: the directive means those of every
 * host of the domain, and ours is expired by itself. Browsers take the header over https only.
 */
export function clearSiteHeaders({ isSecure }: Exchange): Readonly<Record<string, string>> {
  return isSecure ? { 'Clear-Site-Data': '"cache", "storage"' } : {}
}
