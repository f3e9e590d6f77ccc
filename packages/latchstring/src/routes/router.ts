import type { Fields } from '../http/requestBody.ts'
import type { Reply } from './reply.ts'
import type { RouteContext, RouteRequest } from './types.ts'

/** A request that has found its route: its body has been read, and its form is one of ours. */
export interface RoutedRequest extends RouteRequest {
  /** Empty for GET. */
  readonly fields: Fields
  /** The part of the path that varies; empty if none does. */
  readonly id: string
}

/** Answers one method of one path. */
export type Handler = (context: RouteContext, request: RoutedRequest) => Promise<Reply> | Reply

/** The methods of one path. */
export interface Route {
  readonly GET?: Handler
  readonly POST?: Handler
}

/** By path. At most one segment of a path varies, and is written `:id`. */
export type Routes = Readonly<Record<string, Route>>

export type Match =
  | { readonly kind: 'found'; readonly handler: Handler; readonly id: string }
  | { readonly kind: 'method_not_allowed'; readonly allow: string }

/** An id of a session has this form; nothing else in a path varies. */
const ID = /^[A-Za-z0-9_-]{1,64}$/

/**
 * The handler of a request, or `null` if the path is none of these. Paths are compared as they were sent: another
 * spelling of a path is another path, so that no spelling gets past a guard.
 */
export function matchRoute(routes: Routes, method: string, path: string): Match | null {
  const { pattern, id } = patternOf(routes, path)
  const route = Object.hasOwn(routes, pattern) ? routes[pattern] : undefined
  if (route === undefined) return null
  const handler = handlerOf(route, method)
  if (handler !== undefined) return { kind: 'found', handler, id }
  return { kind: 'method_not_allowed', allow: allowedMethods(route) }
}

function patternOf(routes: Routes, path: string): { pattern: string; id: string } {
  if (Object.hasOwn(routes, path)) return { pattern: path, id: '' }
  const segments = path.split('/', LONGEST_PATH + 1)
  for (const [index, id] of segments.entries()) {
    const pattern = segments.with(index, ':id').join('/')
    if (segments.length <= LONGEST_PATH && Object.hasOwn(routes, pattern) && ID.test(id))
      return { pattern, id }
  }
  return { pattern: path, id: '' }
}

/** In segments: no route is longer, and nobody makes us look further. */
const LONGEST_PATH = 6

/** The method is the one of the request line: no field or header changes it. */
function handlerOf(route: Route, method: string): Handler | undefined {
  if (method === 'GET' || method === 'HEAD') return route.GET
  return method === 'POST' ? route.POST : undefined
}

function allowedMethods({ GET, POST }: Route): string {
  return [...(GET === undefined ? [] : ['GET', 'HEAD']), ...(POST === undefined ? [] : ['POST'])].join(', ')
}
