import { html } from '../html.ts'
import { layout } from '../layout.ts'
import type { PageContext } from '../types.ts'

export interface MessageView {
  readonly title: string
  readonly text: string
  readonly link: { readonly text: string; readonly href: string } | null
}

/** A page that only says something: to look into one's mail, or why a request was refused. */
export function messagePage(context: PageContext, { title, text, link }: MessageView): string {
  return layout(context, {
    title,
    width: 'narrow',
    content: html`<p class="lead">${text}</p>
${link !== null && html`<a class="button quiet" href="${link.href}">${link.text}</a>`}`,
  })
}
