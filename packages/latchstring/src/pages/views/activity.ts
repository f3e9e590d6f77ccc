import type { ActivityType } from '../../auth/types.ts'
import { type Html, html } from '../html.ts'
import { layout } from '../layout.ts'
import { time } from '../time.ts'
import type { PageContext } from '../types.ts'

export interface ActivityItem {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly type: ActivityType
  /** As people call it, in the language of the page, such as `Firefox on Windows`. */
  readonly device: string
  /** Approximate: enough to recognise, too little to trace. */
  readonly address: string | null
  /** How many of the same kind in a row this line stands for. */
  readonly count: number
}

/** The newest first. */
export interface ActivityView {
  readonly entries: readonly ActivityItem[]
}

/** What the owner of an account should look at twice. */
const ALARMING: ReadonlySet<ActivityType> = new Set([
  'login_failed',
  'reauthentication_failed',
  'new_device',
  'email_change_requested',
  'email_changed',
  'password_changed',
  'password_reset_requested',
  'password_reset',
  'account_secured',
  'account_disabled',
])

export function activityPage(context: PageContext, { entries }: ActivityView): string {
  const { title, text, empty } = context.texts.activity
  const items = entries.map((entry) => activityItem(context, entry))
  return layout(context, {
    title,
    width: 'wide',
    path: '/account/activity',
    content: html`<p class="lead">${text}</p>
${items.length === 0 ? html`<p class="card muted">${empty}</p>` : html`<ol class="timeline card" role="list">${items}</ol>`}`,
  })
}

function activityItem({ language, texts }: PageContext, item: ActivityItem): Html {
  const { at, type, device, address, count } = item
  const { times, types } = texts.activity
  return html`<li${ALARMING.has(type) && html` class="alarming"`}>
<p><strong>${types[type]}</strong>${count > 1 && html` <span class="badge">${times(count)}</span>`}</p>
<p class="muted">${time(language, at)} · ${device}${address !== null && html` · ${address}`}</p>
</li>`
}
