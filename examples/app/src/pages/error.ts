import { STATUS_CODES } from 'node:http'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

export function errorPage(status: number, message: string): Html {
  return layout({
    title: STATUS_CODES[status] ?? 'Error',
    problem: message,
    content: html`<p><a href="/">Back to the start</a></p>`,
  })
}
