import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

export interface LoginPage {
  readonly login?: string
  readonly returnTo: string
  readonly problem?: string
}

/** The form, with the name that was typed before; never with the password. */
export function loginPage({ login = '', returnTo, problem }: LoginPage): Html {
  return layout({
    title: 'Log in',
    problem,
    content: html`<form class="page" method="post" action="/login">
<label for="email">Email or username</label>
<input id="email" name="email" inputmode="email" autocomplete="username" autocapitalize="none"
 spellcheck="false" value="${login}" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<label class="choice"><input type="checkbox" name="remember"> Keep me logged in on this device</label>
<input type="hidden" name="returnTo" value="${returnTo}">
<button>Log in</button>
</form>
<p class="muted">No account yet? <a href="/signup">Sign up</a></p>`,
  })
}
