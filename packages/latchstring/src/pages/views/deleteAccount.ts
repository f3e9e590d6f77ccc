import { form } from '../form.ts'
import { html } from '../html.ts'
import { layout } from '../layout.ts'
import type { PageContext } from '../types.ts'

export function deleteAccountPage(context: PageContext): string {
  const { title, text, button, keep } = context.texts.deleteAccount
  return layout(context, {
    title,
    width: 'narrow',
    content: html`<p class="lead">${text}</p>
${context.user !== null && html`<p class="who">${context.user.email}</p>`}
${form(context, '/account/delete', html`<button class="danger">${button}</button>`)}
<a class="button quiet" href="/account">${keep}</a>`,
  })
}
