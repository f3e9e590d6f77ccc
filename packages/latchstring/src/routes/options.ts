import type { AccountsHost } from '../auth/feature.ts'
import { Outbox } from '../auth/mail/outbox.ts'
import { checkMailTexts } from '../auth/mail/texts/check.ts'
import type { MailTextOverrides } from '../auth/mail/texts/types.ts'
import type { PasswordOptions } from '../auth/passwords/passwords.ts'
import type { LoginMethod, SendMail, Users } from '../auth/types.ts'
import { LatchstringError } from '../core/errors.ts'
import { checkFunction, refuseUnknownOptions } from '../core/options.ts'
import type { Clock } from '../core/types.ts'
import type { Pages } from '../pages/pages.ts'
import type { TextOverrides } from '../pages/texts/merge.ts'

/** Options of accounts: sign-up, login, recovery and all that `auth.routes()` serves. */
export interface AccountOptions {
  /** Where users live, for example `sqliteUsers('app.db')`, or your own table behind six methods. */
  users: Users
  /** The name of the application, on pages and in mails. Default `'Latchstring'`. */
  appName?: string
  /**
   * The origin of this site, with which the links of mails begin, whatever a request says of its host. Required in
   * production; default `'http://localhost:3000'`.
   */
  baseUrl?: string
  /** Sends mail, for example `nodemailerMail(transport, { from })`. Required in production; default: the outbox at `/outbox`. */
  mail?: SendMail
  /** Mails in place of ours, each a function of what it tells: `{ en: { reset_password: { subject: … } } }`. */
  mailTexts?: MailTextOverrides
  /**
   * `'private'` proves an email address before its first login, and never tells who has an account. Default
   * `'open'`: whoever signs up is logged in, and is told when an address is taken.
   */
  signup?: 'open' | 'private'
  /** How passwords are hashed and judged. */
  passwords?: PasswordOptions
  /** Login methods beside the password. */
  methods?: readonly LoginMethod[]
  /** What is different about the pages. */
  pages?: PageOptions
}

export interface PageOptions {
  /** Texts in place of ours: `{ en: { login: { title: 'Welcome back' } } }`. */
  texts?: TextOverrides
  /** CSS in place of ours. */
  stylesheet?: string
  /** Whole pages in place of ours. */
  replace?: Partial<Pages>
}

const OPTIONS: readonly (keyof AccountOptions)[] = [
  'users',
  'appName',
  'baseUrl',
  'mail',
  'mailTexts',
  'signup',
  'passwords',
  'methods',
  'pages',
]

/** Options with every default decided. */
export interface DecidedOptions {
  readonly users: Users
  readonly appName: string
  readonly baseUrl: string
  readonly sendMail: SendMail
  readonly outbox: Outbox | null
  readonly mailTexts: MailTextOverrides
  readonly isPrivate: boolean
  readonly passwords: PasswordOptions
  readonly methods: readonly LoginMethod[]
}

/** @throws LatchstringError `invalid_option` for what production does not run without. */
export function decideAccountOptions(
  options: AccountOptions,
  { clock, isProduction }: Pick<AccountsHost, 'clock' | 'isProduction'>,
): DecidedOptions {
  const { users, appName = 'Latchstring', baseUrl, mail, mailTexts = {}, signup } = options
  const { passwords = {}, methods = [] } = options
  return {
    users,
    appName,
    mailTexts,
    passwords,
    methods,
    baseUrl: baseUrlOf(baseUrl, isProduction),
    isPrivate: signup === 'private',
    ...mailOf(mail, clock, isProduction),
  }
}

const USERS_METHODS = ['find', 'findByEmail', 'findByUsername', 'create', 'update', 'remove'] as const

/** @throws LatchstringError `invalid_option`, naming the option and what it takes. */
export function checkAccountOptions(options: AccountOptions): void {
  refuseUnknownOptions('accounts', options, OPTIONS)
  const { users, appName, baseUrl, signup, mail, mailTexts, pages, methods } = options
  if (baseUrl !== undefined) baseUrlOf(baseUrl, false)
  checkFunction('mail', mail)
  if (mailTexts !== undefined) checkMailTexts(mailTexts)
  checkUsers(users)
  if (pages !== undefined) refuseUnknownOptions('pages', pages, ['texts', 'stylesheet', 'replace'])
  if (methods !== undefined && !Array.isArray(methods))
    throw invalid('methods takes an array of login methods')
  if (appName !== undefined && (typeof appName !== 'string' || appName === ''))
    throw invalid('appName takes a text')
  if (signup !== undefined && signup !== 'open' && signup !== 'private')
    throw invalid("signup takes 'open' or 'private'")
}

function checkUsers(users: unknown): void {
  const methods: { readonly [K in keyof Users]?: unknown } =
    typeof users === 'object' && users !== null ? users : {}
  const missing = USERS_METHODS.find((name) => typeof methods[name] !== 'function')
  if (missing === undefined) return
  throw invalid(
    `users takes users, for example sqliteUsers('app.db'): what was given has no method ${missing}()`,
  )
}

function baseUrlOf(baseUrl: unknown, isProduction: boolean): string {
  if (baseUrl === undefined && !isProduction) return 'http://localhost:3000'
  const url = typeof baseUrl === 'string' ? URL.parse(baseUrl) : null
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  if (isOrigin) return url.origin
  throw invalid(
    `baseUrl takes the origin of this site, such as 'https://app.example.com'${isProduction ? ', and is required in production' : ''}`,
  )
}

function mailOf(
  mail: SendMail | undefined,
  clock: Clock,
  isProduction: boolean,
): { sendMail: SendMail; outbox: Outbox | null } {
  if (mail !== undefined) return { sendMail: mail, outbox: null }
  if (isProduction)
    throw invalid('mail is required in production: nodemailerMail(transport, { from }) sends it by SMTP')
  const outbox = new Outbox(clock)
  return { sendMail: outbox.send, outbox }
}

function invalid(message: string): LatchstringError {
  return new LatchstringError('invalid_option', message)
}
