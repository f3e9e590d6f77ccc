import { type Fragment, type Html, html } from './html.ts'

export interface Layout {
  readonly title: string
  /** Whether the links are those of somebody who is logged in. */
  readonly loggedIn?: boolean
  /** What went wrong: read out at once by a screen reader. */
  readonly problem?: string | undefined
  /** What went well. */
  readonly notice?: string | undefined
  readonly content: Fragment
}

export function layout({ title, loggedIn = false, problem, notice, content }: Layout): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${problem && 'Error: '}${title} – Latchstring</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body>
<header><a class="name" href="/">Latchstring</a> ${loggedIn ? MEMBER_LINKS : VISITOR_LINKS}</header>
<main>
<h1>${title}</h1>
${problem && html`<p class="alert" role="alert">${problem}</p>`}
${notice && html`<p class="notice" role="status">${notice}</p>`}
${content}
</main>
</body>
</html>
`
}

const VISITOR_LINKS = html`<a href="/login">Log in</a> <a href="/signup">Sign up</a>`

// Logging out changes something, so it is a form and not a link: no prefetching browser can do it.
const MEMBER_LINKS = html`<a href="/account">Account</a>
<form method="post" action="/logout"><button class="quiet">Log out</button></form>`
