import { html } from '../html.ts'
import { layout } from '../layout.ts'
import { linkList } from '../linkList.ts'
import type { PageContext } from '../types.ts'

export function homePage(context: PageContext): string {
  const { user } = context
  return user === null ? visitorHome(context) : userHome(context, user.username ?? user.email)
}

function visitorHome(context: PageContext): string {
  const { home, links } = context.texts
  return layout(context, {
    title: home.visitorTitle(context.appName),
    width: 'narrow',
    content: html`<p class="lead">${home.visitorText}</p>
<a class="button" href="/login">${links.logIn}</a>
<a class="button quiet" href="/signup">${links.signUp}</a>`,
  })
}

function userHome(context: PageContext, name: string): string {
  const { home, account, layout: menu } = context.texts
  return layout(context, {
    title: home.userTitle(name),
    width: 'wide',
    content: html`<p class="lead">${home.userText}</p>
${linkList([
  { href: '/account', title: menu.account, text: context.user?.email ?? '' },
  { href: '/account/sessions', title: menu.sessions, text: account.sessionsText },
  { href: '/account/activity', title: menu.activity, text: account.activityText },
])}`,
  })
}
