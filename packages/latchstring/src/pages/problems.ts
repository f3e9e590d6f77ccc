import type { Texts } from './texts/types.ts'
import type { MessageView } from './views/message.ts'

/** What a text about a refusal can say beside its cause. */
export interface ProblemDetails {
  /** Seconds until the next try. */
  readonly retryAfter?: number
  /** Of a password, in characters. */
  readonly minLength?: number
}

const SECONDS_PER_MINUTE = 60

/** A refusal in words. `code` is one of the answers in JSON, or what is weak about a password. */
export function problemMessage({ problems }: Texts, code: string, details: ProblemDetails = {}): string {
  const { retryAfter = SECONDS_PER_MINUTE, minLength } = details
  if (code === 'throttled') return problems.throttled(Math.max(1, Math.ceil(retryAfter / SECONDS_PER_MINUTE)))
  if (code === 'too_short' && minLength !== undefined) return problems.too_short(minLength)
  return textOf(problems, code) ?? problems.unknown
}

/** A page for a request that was refused as a whole. */
export function errorView(texts: Texts, status: number, text: string): MessageView {
  const title = textOf(texts.errors, String(status)) ?? texts.errors.other
  return { title, text, link: { text: texts.links.home, href: '/' } }
}

function textOf(texts: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const text = Object.hasOwn(texts, key) ? texts[key] : undefined
  return typeof text === 'string' ? text : undefined
}
