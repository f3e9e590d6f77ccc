import { type Fragment, type Html, html } from './html.ts'
import type { PageContext } from './types.ts'

/** A form that changes something. It always carries the token that proves that the page was ours. */
export function form({ formToken }: PageContext, action: string, content: Fragment): Html {
  return html`<form method="post" action="${action}">
${hidden('formToken', formToken)}
${content}
</form>`
}

export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`
}

/** The address of another page that leads on to the same place, if there is one. */
export function leadingTo(returnTo: string | null, path: string): string {
  return returnTo === null ? path : `${path}?returnTo=${encodeURIComponent(returnTo)}`
}

/** Tells a password manager whose password this is. It has no name, so that it is never sent. */
export function accountHint(email: string): Html {
  return html`<input type="email" autocomplete="username" value="${email}" readonly hidden>`
}
