import { newPasswordField } from '../field.ts'
import { hidden } from '../form.ts'
import { taskPage } from '../task.ts'
import type { PageContext } from '../types.ts'

export interface ResetPasswordView {
  /** As it was mailed. */
  readonly token: string
  readonly passwordMinLength: number
}

export function resetPasswordPage(context: PageContext, view: ResetPasswordView): string {
  const { token, passwordMinLength } = view
  return taskPage(context, context.texts.resetPassword, {
    action: '/password/reset',
    fields: ['newPassword'],
    content: [hidden('token', token), newPasswordField(context, 'newPassword', passwordMinLength)],
  })
}
