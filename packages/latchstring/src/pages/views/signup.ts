import { newPasswordField, textField } from '../field.ts'
import { form, hidden, leadingTo } from '../form.ts'
import { html } from '../html.ts'
import { layout } from '../layout.ts'
import type { PageContext } from '../types.ts'

/** With what was typed before. */
export interface SignupView {
  readonly email: string
  readonly username: string
  readonly passwordMinLength: number
  /** Where to go afterwards: a path that was found to be safe, or `null`. */
  readonly returnTo: string | null
}

export function signupPage(context: PageContext, view: SignupView): string {
  const { signup, links } = context.texts
  const { passwordMinLength, returnTo } = view
  return layout(context, {
    title: signup.title,
    width: 'narrow',
    fields: ['email', 'username', 'password'],
    content: html`${form(
      context,
      '/signup',
      html`${emailField(context, view)}
${usernameField(context, view)}
${newPasswordField(context, 'password', passwordMinLength)}
${returnTo !== null && hidden('returnTo', returnTo)}
<button>${signup.button}</button>`,
    )}
<p class="aside">${signup.haveAccount} <a href="${leadingTo(returnTo, '/login')}">${links.logIn}</a></p>`,
  })
}

/** The address is what a password manager should keep as the name: the username may be left out. */
function emailField(context: PageContext, { email }: SignupView) {
  const label = context.texts.fields.email
  return textField(context, { name: 'email', label, type: 'email', value: email, autocomplete: 'username' })
}

function usernameField(context: PageContext, { username }: SignupView) {
  const { fields } = context.texts
  return textField(context, {
    name: 'username',
    label: fields.username,
    hint: fields.usernameHint,
    type: 'text',
    value: username,
    autocomplete: 'nickname',
    isOptional: true,
  })
}
