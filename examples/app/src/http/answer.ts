import type { Request, Response } from 'express'
import type { Html } from '../pages/html.ts'

/** What the app says to input that it does not take. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** A page is for whoever names HTML and prefers it. Programs send JSON, or accept anything, as curl does. */
export function prefersPage(request: Request): boolean {
  if (request.is('application/json')) return false
  return request.accepts(['application/json', 'text/html']) === 'text/html'
}

export function sendPage(response: Response, page: Html, status = 200): void {
  response.status(status).type('html').send(page.text)
}

/** A refusal as JSON, or as the form that was sent with the reason above it. */
export function refuse(request: Request, response: Response, refusal: Refusal, page: () => Html): void {
  const { status, code, message } = refusal
  if (prefersPage(request)) sendPage(response, page(), status)
  else response.status(status).json({ message, code })
}
