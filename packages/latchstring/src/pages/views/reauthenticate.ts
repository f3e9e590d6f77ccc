import { passwordField } from '../field.ts'
import { accountHint, hidden } from '../form.ts'
import { html } from '../html.ts'
import { taskPage } from '../task.ts'
import type { PageContext } from '../types.ts'

export interface ReauthenticateView {
  /** Where to go afterwards: a path that was found to be safe, or `null`. */
  readonly returnTo: string | null
}

export function reauthenticatePage(context: PageContext, { returnTo }: ReauthenticateView): string {
  const { reauthenticate, fields, links } = context.texts
  const { user } = context
  return taskPage(context, reauthenticate, {
    action: '/account/reauthenticate',
    fields: ['password'],
    content: html`${user !== null && html`<p class="who">${user.email}</p>${accountHint(user.email)}`}
${passwordField(context, { name: 'password', label: fields.password, autocomplete: 'current-password' })}
${returnTo !== null && hidden('returnTo', returnTo)}`,
    below: html`<p class="aside"><a href="/password/forgot">${links.forgotPassword}</a></p>`,
  })
}
