import { hidden } from '../form.ts'
import { taskPage } from '../task.ts'
import type { PageContext, TokenView } from '../types.ts'

/** Where the mail to the previous address leads. */
export function undoEmailPage(context: PageContext, { token }: TokenView): string {
  return taskPage(context, context.texts.undoEmail, {
    action: '/email/undo',
    content: hidden('token', token),
  })
}
