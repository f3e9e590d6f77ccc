import type { NodeResponse } from './nodeResponse.ts'

type Headers = Pick<NodeResponse, 'getHeader' | 'setHeader' | 'hasHeader'>

/** Keeps shared caches away from a response that is meant for one person, unless the application decides. */
export function forbidStoring(response: Headers): void {
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store')
}

/** The headers that a response owes to its session, right before they leave. */
export function addSessionHeaders(response: Headers, setCookies: readonly string[], isRead: boolean): void {
  if (setCookies.length === 0 && !isRead) return
  if (setCookies.length > 0) addCookies(response, setCookies)
  forbidStoring(response)
  varyByCookie(response)
}

/** A cache that hands out somebody's cookie logs strangers in: here the application's wish does not count. */
function addCookies(response: Headers, setCookies: readonly string[]): void {
  response.setHeader('Set-Cookie', [...valuesOf(response, 'Set-Cookie'), ...setCookies])
  const directives = namesOf(response, 'Cache-Control')
  if (directives.includes('no-store') || directives.includes('private')) return
  response.setHeader('Cache-Control', 'no-store')
}

function varyByCookie(response: Headers): void {
  if (!response.hasHeader('Vary')) return void response.setHeader('Vary', 'Cookie')
  const vary = valuesOf(response, 'Vary').join(', ')
  const names = namesOf(response, 'Vary')
  if (names.includes('*') || names.includes('cookie')) return
  response.setHeader('Vary', vary === '' ? 'Cookie' : `${vary}, Cookie`)
}

/** A copy: Node keeps the very list that the application set, and may be given it for every response. */
function valuesOf(response: Headers, name: string): string[] {
  return [response.getHeader(name) ?? []].flat().map(String)
}

/** The members of a header that is a list, in lower case. */
function namesOf(response: Headers, name: string): string[] {
  const members = valuesOf(response, name).join(',').split(',')
  return members.map((member) => member.trim().toLowerCase())
}
