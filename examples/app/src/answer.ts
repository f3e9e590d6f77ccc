import type { Request, Response } from 'express'
import { type Page, renderPage } from './page.ts'

/** A page for people, and the same as JSON for programs. */
export function answer(request: Request, response: Response, page: Page, body: object): void {
  response.vary('Accept')
  if (prefersPage(request)) response.type('html').send(renderPage(page))
  else response.json(body)
}

/** A page is for whoever names HTML and prefers it. Programs send JSON, or accept anything, as curl does. */
function prefersPage(request: Request): boolean {
  if (request.is('application/json')) return false
  return request.accepts(['application/json', 'text/html']) === 'text/html'
}
