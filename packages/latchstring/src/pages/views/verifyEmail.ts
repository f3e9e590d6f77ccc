import { hidden } from '../form.ts'
import { taskPage } from '../task.ts'
import type { PageContext, TokenView } from '../types.ts'

/** Where the mail after signing up leads. */
export function verifyEmailPage(context: PageContext, { token }: TokenView): string {
  return taskPage(context, context.texts.verifyEmail, {
    action: '/email/verify',
    content: hidden('token', token),
  })
}
