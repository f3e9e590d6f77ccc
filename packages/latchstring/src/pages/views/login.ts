import { passwordField, textField } from '../field.ts'
import { form, hidden, leadingTo } from '../form.ts'
import { html } from '../html.ts'
import { layout } from '../layout.ts'
import type { PageContext } from '../types.ts'

export interface LoginView {
  /** The email address or username that was typed before. */
  readonly identifier: string
  readonly remember: boolean
  /** Where to go afterwards: a path that was found to be safe, or `null`. */
  readonly returnTo: string | null
}

export function loginPage(context: PageContext, view: LoginView): string {
  const { login, links, fields } = context.texts
  const { identifier, remember, returnTo } = view
  return layout(context, {
    title: login.title,
    width: 'narrow',
    fields: ['email', 'password'],
    content: html`${form(
      context,
      '/login',
      html`${textField(context, { name: 'email', label: fields.emailOrUsername, type: 'text', value: identifier, autocomplete: 'username' })}
${passwordField(context, { name: 'password', label: fields.password, autocomplete: 'current-password' })}
<label class="choice"><input type="checkbox" name="remember"${remember && html` checked`}>${login.remember}</label>
${returnTo !== null && hidden('returnTo', returnTo)}
<button>${login.button}</button>`,
    )}
<p class="aside"><a href="/password/forgot">${links.forgotPassword}</a></p>
<p class="aside">${login.noAccount} <a href="${leadingTo(returnTo, '/signup')}">${links.signUp}</a></p>`,
  })
}
