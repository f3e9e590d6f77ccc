import { hidden } from '../form.ts'
import { taskPage } from '../task.ts'
import type { PageContext, TokenView } from '../types.ts'

/** Where the mail to a new address leads. */
export function confirmEmailPage(context: PageContext, { token }: TokenView): string {
  return taskPage(context, context.texts.confirmEmail, {
    action: '/email/confirm',
    content: hidden('token', token),
  })
}
