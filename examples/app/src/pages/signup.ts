import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

export interface SignupPage {
  readonly email?: string
  readonly username?: string
  readonly problem?: string
}

/** The form, with what was typed before; never with the password. */
export function signupPage({ email = '', username = '', problem }: SignupPage = {}): Html {
  return layout({
    title: 'Sign up',
    problem,
    content: html`<form class="page" method="post" action="/signup">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="username" value="${email}" required maxlength="254">
<label for="username">Username (optional)</label>
<input id="username" name="username" autocomplete="nickname" autocapitalize="none" spellcheck="false"
 value="${username}" maxlength="64" aria-describedby="username-hint">
<p class="hint" id="username-hint">Letters and digits, also . _ and -</p>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required
 aria-describedby="password-hint">
<p class="hint" id="password-hint">At least 15 characters. A few words in a row are fine.</p>
<button>Sign up</button>
</form>
<p class="muted">You have an account? <a href="/login">Log in</a></p>`,
  })
}
