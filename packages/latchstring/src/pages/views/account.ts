import { newPasswordField, passwordField, textField } from '../field.ts'
import { accountHint, form } from '../form.ts'
import { type Fragment, type Html, html } from '../html.ts'
import { layout } from '../layout.ts'
import { linkList } from '../linkList.ts'
import type { PageContext, PageUser } from '../types.ts'

export interface AccountView {
  readonly user: PageUser
  readonly isEmailVerified: boolean
  /** What was typed before. */
  readonly newEmail: string
  readonly passwordMinLength: number
}

export function accountPage(context: PageContext, view: AccountView): string {
  return layout(context, {
    title: context.texts.account.title,
    width: 'wide',
    path: '/account',
    fields: ['newEmail', 'currentPassword', 'newPassword'],
    content: [
      profile(context, view),
      changeEmail(context, view),
      changePassword(context, view),
      security(context),
      deleteAccount(context),
    ],
  })
}

function section(title: string, content: Fragment): Html {
  return html`<section class="card">
<h2>${title}</h2>
${content}
</section>`
}

function profile(context: PageContext, { user, isEmailVerified }: AccountView): Html {
  const { account, fields } = context.texts
  const { email, username } = user
  const mark = isEmailVerified
    ? html`<span class="badge good">${account.verified}</span>`
    : html`<span class="badge">${account.notVerified}</span>`
  const resend = html`<button class="quiet">${account.resend}</button>`
  return section(
    account.profile,
    html`<dl>
<div><dt>${fields.email}</dt><dd>${email} ${mark}</dd></div>
${username !== null && html`<div><dt>${fields.username}</dt><dd>${username}</dd></div>`}
</dl>
${!isEmailVerified && form(context, '/email/verify/resend', resend)}`,
  )
}

function changeEmail(context: PageContext, { newEmail }: AccountView): Html {
  const { account, fields } = context.texts
  const { title, text, button } = account.changeEmail
  return section(
    title,
    form(
      context,
      '/account/email',
      html`${textField(context, { name: 'newEmail', label: fields.newEmail, hint: text, type: 'email', value: newEmail, autocomplete: 'email' })}
<button>${button}</button>`,
    ),
  )
}

function changePassword(context: PageContext, { user, passwordMinLength }: AccountView): Html {
  const { account, fields } = context.texts
  const { title, text, button } = account.changePassword
  return section(
    title,
    html`<p>${text}</p>
${form(
  context,
  '/account/password',
  html`${accountHint(user.email)}
${passwordField(context, { name: 'currentPassword', label: fields.currentPassword, autocomplete: 'current-password' })}
${newPasswordField(context, 'newPassword', passwordMinLength)}
<button>${button}</button>`,
)}`,
  )
}

function security(context: PageContext): Html {
  const { account, layout: menu } = context.texts
  return html`<section>
<h2>${account.security}</h2>
${linkList([
  { href: '/account/sessions', title: menu.sessions, text: account.sessionsText },
  { href: '/account/activity', title: menu.activity, text: account.activityText },
])}
</section>`
}

function deleteAccount(context: PageContext): Html {
  const { title, text, button } = context.texts.account.deleteAccount
  return section(
    title,
    html`<p>${text}</p>
<a class="button quiet danger" href="/account/delete">${button}</a>`,
  )
}
