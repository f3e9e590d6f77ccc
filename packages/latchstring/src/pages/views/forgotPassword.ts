import { textField } from '../field.ts'
import { html } from '../html.ts'
import { taskPage } from '../task.ts'
import type { PageContext } from '../types.ts'

export interface ForgotPasswordView {
  /** What was typed before. */
  readonly email: string
}

export function forgotPasswordPage(context: PageContext, { email }: ForgotPasswordView): string {
  const { forgotPassword, fields, links } = context.texts
  return taskPage(context, forgotPassword, {
    action: '/password/forgot',
    fields: ['email'],
    content: textField(context, {
      name: 'email',
      label: fields.email,
      type: 'email',
      value: email,
      autocomplete: 'username',
    }),
    below: html`<p class="aside"><a href="/login">${links.logIn}</a></p>`,
  })
}
