import { createAccounts } from './auth/createAccounts.ts'
import type {
  AccountAnswer,
  AccountRequest,
  AccountsFeature,
  AccountsHost,
  StartedAccounts,
} from './auth/feature.ts'
import { disableUser, enableUser } from './auth/flows/disableUser.ts'
import { LatchstringError } from './core/errors.ts'
import { PAGES } from './pages/pages.ts'
import { STYLESHEET, stylesheetPath } from './pages/stylesheet.ts'
import { TEXTS } from './pages/texts/index.ts'
import { mergeTexts } from './pages/texts/merge.ts'
import type { AllTexts } from './pages/texts/types.ts'
import { AccountCookies } from './routes/cookies.ts'
import { answerHome, handleRoute } from './routes/handle.ts'
import {
  type AccountOptions,
  checkAccountOptions,
  type DecidedOptions,
  decideAccountOptions,
  type PageOptions,
} from './routes/options.ts'
import { routeRequest } from './routes/request.ts'
import type { RouteAnswer, RouteContext } from './routes/types.ts'

export type { AccountsFeature } from './auth/feature.ts'
export { parseEmail, parseUsername } from './auth/identifiers.ts'
export { nodemailerMail } from './auth/mail/smtp.ts'
export type { MailTextOverrides } from './auth/mail/texts/types.ts'
export { pwnedPasswords } from './auth/passwords/breach.ts'
export type * from './auth/types.ts'
export { html } from './pages/html.ts'
export type { Pages } from './pages/pages.ts'
export { STYLESHEET } from './pages/stylesheet.ts'
export type { AccountOptions, PageOptions } from './routes/options.ts'

/**
 * Sign-up, login, recovery, devices and their pages, for the option `accounts` of `createAuth`.
 *
 * @throws LatchstringError `invalid_option`, naming the option and what it takes.
 * @example
 * const auth = createAuth({ store, accounts: accounts({ users: sqliteUsers('app.db') }) })
 * app.use(auth.routes())
 */
export function accounts(options: AccountOptions): AccountsFeature {
  checkAccountOptions(options)
  const { users, baseUrl } = options
  return {
    baseUrl: baseUrl ?? null,
    credentialVersion: async (id) => (await users.find(id))?.credentialVersion ?? null,
    start: (host) => start(options, host),
  }
}

function start(options: AccountOptions, host: AccountsHost): StartedAccounts {
  const decided = decideAccountOptions(options, host)
  const { accounts, settled } = createAccounts({ ...host, ...decided })
  const routes = routeContext(options, host, { ...decided, accounts })
  const cookies = new AccountCookies(host.cookieName)
  return {
    handle: async (request) => {
      const answer = await handleRoute(routes, routeRequest(cookies, request))
      return answer === null ? null : withCookies(cookies, request, answer)
    },
    answerHome: async (request) =>
      withCookies(cookies, request, await answerHome(routes, routeRequest(cookies, request))),
    disableUser: (id) => disableUser(accounts, id),
    enableUser: (id) => enableUser(accounts, id),
    settled,
  }
}

function withCookies(
  cookies: AccountCookies,
  { exchange }: AccountRequest,
  { cookies: changes, ...answer }: RouteAnswer,
): AccountAnswer {
  return { ...answer, setCookies: cookies.changes(changes, exchange.isSecure) }
}

function routeContext(
  { pages = {} }: AccountOptions,
  { random }: AccountsHost,
  decided: DecidedOptions & Pick<RouteContext, 'accounts'>,
): RouteContext {
  const text = pages.stylesheet ?? STYLESHEET
  const { accounts, appName, baseUrl, outbox } = decided
  return {
    accounts,
    appName,
    baseUrl,
    outbox,
    random,
    pages: { ...PAGES, ...pages.replace },
    texts: textsOf(pages.texts),
    stylesheet: { text, path: stylesheetPath(text) },
  }
}

function textsOf(overrides: PageOptions['texts']): AllTexts {
  if (overrides === undefined) return TEXTS
  try {
    return mergeTexts(TEXTS, overrides)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new LatchstringError('invalid_option', `pages.${cause.message}`, { cause })
  }
}
