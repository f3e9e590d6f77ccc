import { hidden } from '../form.ts'
import { html } from '../html.ts'
import { taskPage } from '../task.ts'
import type { PageContext, TokenView } from '../types.ts'

/** Where the "this was not me" of a mail leads. */
export function notMePage(context: PageContext, { token }: TokenView): string {
  const { notMe } = context.texts
  return taskPage(context, notMe, {
    action: '/account/not-me',
    content: html`${hidden('token', token)}
<ol class="steps">
<li>${notMe.steps.logOut}</li>
<li>${notMe.steps.password}</li>
</ol>`,
  })
}
