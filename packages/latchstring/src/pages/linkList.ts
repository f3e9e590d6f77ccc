import { type Html, html } from './html.ts'

export interface ListedLink {
  readonly href: string
  readonly title: string
  readonly text: string
}

/** A list of links to other pages, each with a line about what is there. */
export function linkList(links: readonly ListedLink[]): Html {
  const items = links.map(
    ({ href, title, text }) =>
      html`<li><a href="${href}"><strong>${title}</strong><span>${text}</span></a></li>`,
  )
  return html`<ul class="links card" role="list">${items}</ul>`
}
