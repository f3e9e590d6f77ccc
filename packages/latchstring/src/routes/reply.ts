import type { Weakness } from '../auth/passwords/policy.ts'
import type { InputRefusal } from '../http/inputRefusal.ts'
import type { Pages } from '../pages/pages.ts'
import type { Texts } from '../pages/texts/types.ts'
import type { PageContext } from '../pages/types.ts'
import { REFUSALS, type RefusalCode, WEAKNESS_MESSAGES } from './messages.ts'
import type { CookieChanges } from './types.ts'

/** What a route answers, before it is known whether a person or a program reads it. */
export interface Reply {
  readonly status: number
  /** For programs; `null` where there is only something for people. */
  readonly body: object | null
  /** For people. */
  readonly page: PageReply
  readonly headers?: Readonly<Record<string, string>>
  readonly cookies?: CookieChanges
}

export type PageReply =
  | ShownPage
  /** Where to go on, with what the page there tells. */
  | {
      readonly kind: 'redirect'
      readonly location: string
      readonly notice?: Notice
    }

export interface ShownPage {
  readonly kind: 'page'
  readonly render: RenderPage
  readonly problem?: PageProblem
  /** Whether the address of the page holds a mailed token. */
  readonly hasToken?: boolean
}

export type RenderPage = (pages: Pages, context: PageContext) => string

/** What the next page tells, by its name in the texts. */
export type Notice = keyof Texts['notices']

/** What went wrong, by its code, and the form field that it is about. */
export interface PageProblem {
  readonly code: string
  readonly field?: string
  readonly retryAfter?: number
}

type Extras = Partial<Pick<Reply, 'status' | 'headers' | 'cookies'>>

/** A page for people. Programs get `body`, or else the page too. */
export function page(
  render: RenderPage,
  { hasToken = false, body = null, ...extras }: Extras & { hasToken?: boolean; body?: object | null } = {},
): Reply {
  return { status: 200, body, page: { kind: 'page', render, hasToken }, ...extras }
}

/** Something was done: programs read `body`, people go on elsewhere. */
export function done(
  body: object,
  next: { readonly location: string; readonly notice?: Notice },
  extras: Extras = {},
): Reply {
  return { status: 200, body, page: { kind: 'redirect', ...next }, ...extras }
}

/** Something was done, and nothing is left to do: people read a message. */
export function told(
  body: object,
  message: keyof Texts['messages'],
  link: { readonly text: keyof Texts['links']; readonly href: string } | null,
  extras: Extras = {},
): Reply {
  return page(
    (pages, context) => {
      const { messages, links } = context.texts
      const shown = link === null ? null : { text: links[link.text], href: link.href }
      return pages.message(context, { ...messages[message], link: shown })
    },
    { body, ...extras },
  )
}

/** How a refusal is shown to people: a form again, with the field that it is about. */
export interface RefusedForm {
  readonly render: RenderPage
  readonly field?: string
  readonly hasToken?: boolean
}

/** A refusal: without a form people read a message. */
export function refusal(code: RefusalCode, form: RefusedForm | null = null, extras: Extras = {}): Reply {
  const { status, message } = REFUSALS[code]
  return refusalReply(status, { message, code }, { code }, form, extras)
}

export function throttled(retryAfter: number, form: RefusedForm | null): Reply {
  const { status, message } = REFUSALS.throttled
  const headers = { 'Retry-After': String(retryAfter) }
  const code = 'throttled'
  return refusalReply(status, { message, code }, { code, retryAfter }, form, { headers })
}

export function weakPassword(weakness: Weakness, form: RefusedForm): Reply {
  const code = 'weak_password'
  const body = { message: WEAKNESS_MESSAGES[weakness], code, reason: weakness }
  return refusalReply(REFUSALS[code].status, body, { code: weakness }, form, {})
}

function refusalReply(
  status: number,
  body: object,
  problem: PageProblem,
  form: RefusedForm | null,
  extras: Extras,
): Reply {
  const { render = renderRefusal(status), field, hasToken = false } = form ?? {}
  const about = field === undefined ? problem : { ...problem, field }
  return { status, body, page: { kind: 'page', render, problem: about, hasToken }, ...extras }
}

/** The title says what kind of refusal it is, and the problem above it which. */
function renderRefusal(status: number): RenderPage {
  return (pages, context) => {
    const { errors, links } = context.texts
    const titles: Readonly<Record<string, string>> = { ...errors }
    const title = titles[String(status)] ?? errors.other
    const link = { text: links.home, href: '/' }
    return pages.message({ ...context, problem: null }, { title, text: context.problem?.message ?? '', link })
  }
}

/** Input that is not taken, as what was read says. */
export function inputRefusal({ status, code, message }: InputRefusal): Reply {
  return refusalReply(status, { message, code }, { code }, null, {})
}

/** Somewhere else, for people and programs alike. */
export function redirect(location: string, status: 302 | 303 = 303): Reply {
  return { status, body: null, page: { kind: 'redirect', location } }
}
