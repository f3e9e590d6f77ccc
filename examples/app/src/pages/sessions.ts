import type { SessionView } from '../sessionViews.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

export function sessionsPage(sessions: readonly SessionView[], notice: string | undefined): Html {
  return layout({
    title: 'Where you are logged in',
    loggedIn: true,
    notice,
    content: html`<ul class="sessions">${sessions.map(sessionItem)}</ul>
${sessions.length > 1 && REVOKE_OTHERS}
<p class="muted">You do not know one of these? Log it out.</p>`,
  })
}

const REVOKE_OTHERS = html`<form method="post" action="/account/sessions/revoke-others">
<button>Log out everywhere else</button>
</form>`

function sessionItem(session: SessionView): Html {
  const { id, current, createdAt, lastSeenAt, device, address } = session
  return html`<li>
<dl>
<dt>Device</dt><dd>${device ?? 'Unknown'}${current && html` <strong>(this one)</strong>`}</dd>
<dt>Address</dt><dd>${address ?? 'Unknown'}</dd>
<dt>Logged in</dt><dd>${time(createdAt)}</dd>
<dt>Last seen</dt><dd>${time(lastSeenAt)}</dd>
</dl>
<form method="post" action="/account/sessions/${encodeURIComponent(id)}/revoke">
<button class="quiet">Log out${current ? '' : ' there'}</button>
</form>
</li>`
}

const TIME_FORMAT = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
})

function time(iso: string): Html {
  return html`<time datetime="${iso}">${TIME_FORMAT.format(new Date(iso))} UTC</time>`
}
