import { fileURLToPath } from 'node:url'
import express, { type Express, type RequestHandler } from 'express'
import type { Store } from 'latchstring'
import type { Auth } from 'latchstring/express'
import { answer } from './answer.ts'
import { allowOnly, handleError, notFound } from './errors.ts'
import { health } from './health.ts'

const PUBLIC_FOLDER = fileURLToPath(new URL('../public', import.meta.url))

export interface ServerParts {
  readonly auth: Auth
  readonly sessions: Store
  /** How many proxies stand before the app. */
  readonly trustProxy: number
}

/** The Express app. The library serves accounts and their pages; the rest is the app's own. */
export function createExpressApp({ auth, sessions, trustProxy }: ServerParts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', trustProxy)

  app.use(securityHeaders, express.static(PUBLIC_FOLDER, { index: false, redirect: false }))
  // Browsers ask for it from pages that name no icon, such as those of the library.
  app.get('/favicon.ico', (_request, response) => response.redirect(301, '/icon.svg'))
  app.route('/health').get(health(sessions)).all(allowOnly('GET', 'HEAD'))
  app.use(auth.routes())
  app.route('/').get(auth.homePage).all(allowOnly('GET', 'HEAD'))
  app.route('/protected').get(auth.authenticate, showProtected).all(allowOnly('GET', 'HEAD'))
  app.use(notFound, handleError)
  return app
}

const showProtected: RequestHandler = (request, response) => {
  const { userId, username = '' } = request.session
  const title = 'You are authenticated!'
  const text = `Only people who are logged in see this page, and you are ${username}.`
  const link = { text: 'Your account', href: '/account' }
  answer(request, response, { title, text, link }, { message: title, userId, username })
}

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

/** For every answer. The pages of the library set their own, and may be stricter. */
const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  })
  next()
}
