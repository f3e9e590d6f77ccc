import { form } from './form.ts'
import { type Fragment, type Html, html } from './html.ts'
import { LANGUAGE_TAGS } from './language.ts'
import type { PageContext } from './types.ts'

export interface Layout {
  readonly title: string
  /** A card for one task, or a wider page of several cards. */
  readonly width: 'narrow' | 'wide'
  /** The path of the page, if the menu leads to it. */
  readonly path?: string
  /** The names of the form fields, which show their own problems. */
  readonly fields?: readonly string[]
  readonly content: Fragment
}

/** The document around the content of a page. */
export function layout(context: PageContext, page: Layout): string {
  const { language, texts, appName, stylesheetPath, user, problem } = context
  return html`<!doctype html>
<html lang="${LANGUAGE_TAGS[language]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${problem && html`${texts.layout.error}: `}${page.title} – ${appName}</title>
<link rel="stylesheet" href="${stylesheetPath}">
</head>
<body class="${user === null ? 'visitor' : 'member'}">
<header>${brand(appName)}${user !== null && menu(context, page.path)}</header>
<main class="${page.width}">
<h1>${page.title}</h1>
${messages(context, page)}
${page.content}
</main>
</body>
</html>
`.text
}

function brand(appName: string): Html {
  const [initial = ''] = appName
  return html`<a class="brand" href="/"><span class="mark" aria-hidden="true">${initial.toUpperCase()}</span>${appName}</a>`
}

function menu(context: PageContext, current: string | undefined): Html {
  const { layout } = context.texts
  const link = (path: string, text: string) =>
    html`<a href="${path}"${path === current && html` aria-current="page"`}>${text}</a>`
  return html`<nav aria-label="${layout.menu}">
${link('/account', layout.account)}
${link('/account/sessions', layout.sessions)}
${link('/account/activity', layout.activity)}
</nav>
${form(context, '/logout', html`<button class="plain">${layout.logOut}</button>`)}`
}

/** A problem that no field of the page shows is told above the content. */
function messages({ notice, problem }: PageContext, { fields = [] }: Layout): Html {
  const isShown = problem?.field != null && fields.includes(problem.field)
  return html`${notice !== null && html`<p class="notice" role="status">${notice}</p>`}
${problem !== null && !isShown && html`<p class="alert" role="alert">${problem.message}</p>`}`
}
