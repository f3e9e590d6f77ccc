import type { NodeResponse } from './nodeResponse.ts'

type Headers = Pick<NodeResponse, 'getHeader' | 'setHeader' | 'appendHeader' | 'hasHeader'>

/** Keeps shared caches away from a response that is meant for one person, unless the application decides. */
export function forbidStoring(response: Headers): void {
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store')
}

/** The headers that a response owes to its session, right before they leave. */
export function addSessionHeaders(response: Headers, setCookie: string | null, isRead: boolean): void {
  if (setCookie === null && !isRead) return
  if (setCookie !== null) addCookie(response, setCookie)
  forbidStoring(response)
  varyByCookie(response)
}

/** A cache that hands out somebody's cookie logs strangers in: here the application's wish does not count. */
function addCookie(response: Headers, setCookie: string): void {
  response.appendHeader('Set-Cookie', setCookie)
  const cacheControl = String(response.getHeader('Cache-Control') ?? '')
  if (!/\b(no-store|private)\b/i.test(cacheControl)) response.setHeader('Cache-Control', 'no-store')
}

function varyByCookie(response: Headers): void {
  const vary = [response.getHeader('Vary') ?? []].flat().join(', ')
  const names = vary.toLowerCase().split(/\s*,\s*/)
  if (names.includes('*') || names.includes('cookie')) return
  response.setHeader('Vary', vary === '' ? 'Cookie' : `${vary}, Cookie`)
}
