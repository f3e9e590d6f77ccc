import { deviceName } from '../src/auth/deviceName.ts'
import type { ActivityType, Language } from '../src/auth/types.ts'
import { PAGES } from '../src/pages/pages.ts'
import { errorView, problemMessage } from '../src/pages/problems.ts'
import { STYLESHEET, stylesheetPath } from '../src/pages/stylesheet.ts'
import { TEXTS } from '../src/pages/texts/index.ts'
import type { PageContext, PageUser } from '../src/pages/types.ts'
import type { ActivityItem } from '../src/pages/views/activity.ts'
import type { SessionView } from '../src/pages/views/sessions.ts'

export const LANGUAGES: readonly Language[] = ['en', 'de', 'es', 'zh']

/** A whole document, under the name that tells what it shows. */
export interface Sample {
  readonly name: string
  readonly document: string
}

/** What stands for a value that came from somebody: the value itself, or an attack. */
type Say = (calm: string) => string

const NOW = Date.UTC(2026, 10, 23, 21, 16)
const HOUR = 3_600_000
const DAY = 24 * HOUR
const MINIMUM = 15

export function sampleContext(language: Language, say: Say = (calm) => calm): PageContext {
  return {
    language,
    texts: TEXTS[language],
    appName: say('Fernweh'),
    stylesheetPath: stylesheetPath(STYLESHEET),
    user: null,
    formToken: say('x7Gq-form-token'),
    notice: null,
    problem: null,
  }
}

/** Every page in every state that looks different. */
export function pageSamples(language: Language, say: Say = (calm) => calm): Sample[] {
  const visitor = sampleContext(language, say)
  const member = { ...visitor, user: { email: say('ann.lee@example.com'), username: say('ann') } }
  return [
    ...visitorSamples(visitor, say),
    ...mailedSamples(visitor, say),
    ...memberSamples(member, say),
    ...messageSamples(visitor, say),
  ].map(([name, document]) => ({ name, document }))
}

type NamedDocument = readonly [name: string, document: string]

function withProblem(context: PageContext, code: string, field: string | null, say: Say): PageContext {
  const message = problemMessage(context.texts, code, { retryAfter: 300, minLength: MINIMUM })
  return { ...context, problem: { message: say(message), field } }
}

function visitorSamples(context: PageContext, say: Say): NamedDocument[] {
  const signup = {
    email: say('ann.lee@example.com'),
    username: say('ann'),
    passwordMinLength: MINIMUM,
    returnTo: say('/reports?year=2026'),
  }
  const login = {
    identifier: say('ann.lee@example.com'),
    remember: true,
    returnTo: say('/reports?year=2026'),
  }
  const { texts } = context
  const loggedOut = { ...context, notice: say(texts.notices.loggedOut) }
  const wrong = withProblem(context, 'invalid_credentials', null, say)
  return [
    ['home', PAGES.home(loggedOut)],
    [
      'signup',
      PAGES.signup(context, { email: '', username: '', passwordMinLength: MINIMUM, returnTo: null }),
    ],
    ['signup-weak', PAGES.signup(withProblem(context, 'too_short', 'password', say), signup)],
    ['signup-taken', PAGES.signup(withProblem(context, 'email_taken', 'email', say), signup)],
    ['login', PAGES.login(context, { identifier: '', remember: false, returnTo: null })],
    ['login-wrong', PAGES.login(wrong, login)],
    ['login-throttled', PAGES.login(withProblem(context, 'throttled', null, say), login)],
    ['forgot-password', PAGES.forgotPassword(context, { email: say('ann.lee@example.com') })],
  ]
}

function mailedSamples(context: PageContext, say: Say): NamedDocument[] {
  const token = say('mailed-token')
  const reset = { token, passwordMinLength: MINIMUM }
  const common = withProblem(context, 'common', 'newPassword', say)
  return [
    ['reset-password', PAGES.resetPassword(context, reset)],
    ['reset-password-weak', PAGES.resetPassword(common, reset)],
    ['verify-email', PAGES.verifyEmail(context, { token })],
    ['verify-email-old', PAGES.verifyEmail(withProblem(context, 'invalid_token', null, say), { token })],
    ['confirm-email', PAGES.confirmEmail(context, { token })],
    ['undo-email', PAGES.undoEmail(context, { token })],
    ['not-me', PAGES.notMe(context, { token })],
  ]
}

function memberSamples(context: PageContext & { user: PageUser }, say: Say): NamedDocument[] {
  const account = { user: context.user, isEmailVerified: true, newEmail: '', passwordMinLength: MINIMUM }
  const unverified = { ...account, isEmailVerified: false, newEmail: say('new@example.com') }
  const wrong = withProblem(context, 'wrong_password', 'currentPassword', say)
  const returnTo = say('/account')
  return [
    ['home-member', PAGES.home(context)],
    ['account', PAGES.account(context, account)],
    ['account-unverified', PAGES.account(wrong, unverified)],
    ['sessions', PAGES.sessions(context, { sessions: sessionViews(context, say) })],
    [
      'sessions-alone',
      PAGES.sessions(noticed(context, say), { sessions: sessionViews(context, say).slice(0, 1) }),
    ],
    ['activity', PAGES.activity(context, { entries: activityItems(context, say) })],
    ['activity-empty', PAGES.activity(context, { entries: [] })],
    ['reauthenticate', PAGES.reauthenticate(context, { returnTo })],
    [
      'reauthenticate-wrong',
      PAGES.reauthenticate(withProblem(context, 'wrong_password', 'password', say), { returnTo }),
    ],
    ['delete-account', PAGES.deleteAccount(context)],
  ]
}

function noticed(context: PageContext, say: Say): PageContext {
  return { ...context, notice: say(context.texts.notices.othersRevoked) }
}

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0'
const SAFARI = 'Mozilla/5.0 (iPad; CPU OS 26_1 like Mac OS X) AppleWebKit/605.1.15 Version/26.1 Safari/604.1'

function sessionViews({ language }: PageContext, say: Say): SessionView[] {
  const base = { id: say('9f-A_session'), isCurrent: false, name: null, methods: [say('password')] }
  const seen = (device: string, address: string | null, lastSeenAt: number) => ({
    device: say(deviceName(device, language)),
    address: address === null ? null : say(address),
    createdAt: NOW - 3 * DAY,
    lastSeenAt,
    expiresAt: lastSeenAt + DAY,
  })
  return [
    { ...base, ...seen(FIREFOX, '203.0.113.x', NOW), isCurrent: true },
    { ...base, ...seen(SAFARI, '2001:db8:1::/48', NOW - 5 * HOUR), name: say('Kitchen tablet') },
    { ...base, ...seen('curl/8.17.0', null, NOW - DAY), methods: [] },
  ]
}

function activityItems({ language, texts }: PageContext, say: Say): ActivityItem[] {
  const { types } = texts.activity
  const names = Object.keys(types).filter((type): type is ActivityType => Object.hasOwn(types, type))
  return names.map((type, index) => ({
    at: NOW - index * 7 * HOUR,
    type,
    device: say(deviceName(FIREFOX, language)),
    address: index % 4 === 0 ? null : say('203.0.113.x'),
    count: type === 'login_failed' ? 12 : 1,
  }))
}

function messageSamples(context: PageContext, say: Say): NamedDocument[] {
  const { texts } = context
  const { signupMail } = texts.messages
  const error = (status: number, code: string) =>
    PAGES.message(context, errorView(texts, status, say(problemMessage(texts, code, { retryAfter: 120 }))))
  const link = { text: say(texts.links.outbox), href: say('/outbox') }
  const text = say(
    'Hello,\n\nopen this link to verify your address:\n\nhttp://localhost:3000/email/verify?token=x\n\nNot https://evil.example/login.',
  )
  const mail = {
    to: say('ann.lee@example.com'),
    subject: say('Verify your address'),
    text,
    at: new Date(NOW).toISOString(),
  }
  const baseUrl = 'http://localhost:3000'
  return [
    ['check-mail', PAGES.message(context, { ...signupMail, title: say(signupMail.title), link })],
    ['forbidden', error(403, 'cross_origin')],
    ['not-found', error(404, 'not_found')],
    ['throttled', error(429, 'throttled')],
    ['unavailable', error(503, 'unavailable')],
    ['outbox', PAGES.outbox(context, { mails: [mail, mail], baseUrl })],
    ['outbox-empty', PAGES.outbox(context, { mails: [], baseUrl })],
  ]
}
