import type { User } from '../users.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

export function accountPage({ email, username }: User): Html {
  return layout({
    title: 'Your account',
    loggedIn: true,
    content: html`<dl>
<dt>Email</dt><dd>${email}</dd>
<dt>Username</dt><dd>${username}</dd>
</dl>
<p><a href="/account/sessions">Where you are logged in</a></p>`,
  })
}
