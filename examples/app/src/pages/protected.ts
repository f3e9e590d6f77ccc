import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

export function protectedPage(username: string): Html {
  return layout({
    title: 'You are authenticated!',
    loggedIn: true,
    content: html`<p>Only people who are logged in see this page, and you are <strong>${username}</strong>.</p>`,
  })
}
