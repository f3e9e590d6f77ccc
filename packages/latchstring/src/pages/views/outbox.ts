import type { Mail } from '../../auth/types.ts'
import { type Html, html } from '../html.ts'
import { layout } from '../layout.ts'
import { time } from '../time.ts'
import type { PageContext } from '../types.ts'

/** A mail of a development server, with when it would have been sent in ISO 8601. */
interface OutboxMail extends Mail {
  readonly at: string
}

export interface OutboxView {
  /** The newest first. */
  readonly mails: readonly OutboxMail[]
  /** Only links to this origin can be followed. */
  readonly baseUrl: string
}

export function outboxPage(context: PageContext, { mails, baseUrl }: OutboxView): string {
  const { title, text, empty } = context.texts.outbox
  return layout(context, {
    title,
    width: 'wide',
    content: html`<p class="lead">${text}</p>
${mails.length === 0 && html`<p class="card muted">${empty}</p>`}
${mails.map((mail) => mailItem(context, mail, baseUrl))}`,
  })
}

function mailItem({ language, texts }: PageContext, mail: OutboxMail, baseUrl: string): Html {
  return html`<article class="card">
<h2>${mail.subject}</h2>
<p class="muted">${texts.outbox.to}: ${mail.to} · ${time(language, Date.parse(mail.at))}</p>
<p class="mail">${withLinks(mail.text, baseUrl)}</p>
</article>`
}

/** A link does not end with what ends a sentence. */
const LINK = /(https?:\/\/\S*[^\s.,;:!?)\]}>"'])/

/** Splitting by a group puts the links at the odd places. */
function withLinks(text: string, baseUrl: string): Html[] {
  return text
    .split(LINK)
    .map((part, index) =>
      index % 2 === 1 && isOurs(part, baseUrl) ? html`<a href="${part}">${part}</a>` : html`${part}`,
    )
}

function isOurs(link: string, baseUrl: string): boolean {
  const origin = URL.parse(baseUrl)?.origin
  return origin !== undefined && URL.parse(link)?.origin === origin
}
