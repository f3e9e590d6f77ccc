import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

export function homePage(username: string | null): Html {
  return layout({
    title: 'Session authentication, made true',
    loggedIn: username !== null,
    content: html`<p>${username === null ? VISITOR : html`You are logged in as <strong>${username}</strong>.`}</p>
<p>Only people who are logged in see <a href="/protected">the protected page</a>.</p>`,
  })
}

const VISITOR = html`<a href="/signup">Sign up</a> or <a href="/login">log in</a> to try it.`
