import { form } from '../form.ts'
import { type Html, html } from '../html.ts'
import { layout } from '../layout.ts'
import { time } from '../time.ts'
import type { PageContext } from '../types.ts'

/** One session as its owner may see it. Times are in milliseconds since the epoch. */
export interface SessionView {
  readonly id: string
  /** Whether this page was asked for with it. */
  readonly isCurrent: boolean
  /** The name that its owner gave the device. */
  readonly name: string | null
  /** As people call it, in the language of the page, such as `Firefox on Windows`. */
  readonly device: string
  /** Approximate: enough to recognise, too little to trace. */
  readonly address: string | null
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  /** The ids of the login methods. */
  readonly methods: readonly string[]
}

export interface SessionsView {
  readonly sessions: readonly SessionView[]
}

export function sessionsPage(context: PageContext, { sessions }: SessionsView): string {
  const { title, text } = context.texts.sessions
  const items = sessions.map((session, index) => sessionItem(context, session, `session-${index}`))
  return layout(context, {
    title,
    width: 'wide',
    path: '/account/sessions',
    content: html`<p class="lead">${text}</p>
<ul class="stack" role="list">${items}</ul>
${logOutMany(context, sessions)}`,
  })
}

/** Every button is described by its device: a list of buttons that all say the same helps nobody. */
function sessionItem(context: PageContext, session: SessionView, id: string): Html {
  const { isCurrent, name, device } = session
  const { sessions } = context.texts
  return html`<li class="card">
<div class="split">
<div>
<h2 id="${id}">${name ?? device}${isCurrent && html` <span class="badge good">${sessions.current}</span>`}</h2>
${name !== null && html`<p class="muted">${device}</p>`}
</div>
${form(context, actionOf(session, 'revoke'), html`<button class="quiet" aria-describedby="${id}">${sessions.logOut}</button>`)}
</div>
${facts(context, session)}
${renaming(context, session, id)}
</li>`
}

function facts({ language, texts }: PageContext, session: SessionView): Html {
  const { sessions } = texts
  const { createdAt, lastSeenAt, expiresAt, methods, address } = session
  const names = methods.map((method) => texts.methods[method] ?? method)
  const rows = [
    [sessions.lastSeen, time(language, lastSeenAt)],
    [sessions.address, address ?? sessions.unknown],
    [sessions.loggedIn, time(language, createdAt)],
    [sessions.expires, time(language, expiresAt)],
    [sessions.methods, names.join(', ') || sessions.unknown],
  ]
  return html`<dl>${rows.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`
}

function renaming(context: PageContext, session: SessionView, id: string): Html {
  const { sessions, fields } = context.texts
  const input = html`<label for="${id}-name">${fields.deviceName}</label>
<div class="row">
<input id="${id}-name" name="name" type="text" value="${session.name}" autocomplete="off" required>
<button class="quiet" aria-describedby="${id}">${sessions.saveName}</button>
</div>`
  return html`<details>
<summary aria-describedby="${id}">${sessions.rename}</summary>
${form(context, actionOf(session, 'name'), input)}
</details>`
}

function actionOf({ id }: SessionView, action: string): string {
  return `/account/sessions/${encodeURIComponent(id)}/${action}`
}

function logOutMany(context: PageContext, sessions: readonly SessionView[]): Html {
  const { logOutOthers, logOutEverywhere } = context.texts.sessions
  const hasOthers = sessions.some(({ isCurrent }) => !isCurrent)
  return html`<div class="row">
${hasOthers && form(context, '/account/sessions/revoke-others', html`<button>${logOutOthers}</button>`)}
${form(context, '/account/sessions/revoke-all', html`<button class="quiet danger">${logOutEverywhere}</button>`)}
</div>`
}
