import { type AccountsFeature, accounts, html, STYLESHEET, type Users } from 'latchstring/accounts'

const COLOURS = `:root {
  --accent: light-dark(#5b3cc4, #b8a6ff);
  --accent-hover: light-dark(#452a9e, #d0c4ff);
  --on-accent: light-dark(#fff, #1d1147);
}`

/** Accounts with words, colours and a start page of our own. */
export function accountsOfOurs(users: Users): AccountsFeature {
  return accounts({
    users,
    appName: 'Acme',
    pages: {
      texts: {
        en: { login: { title: 'Welcome back' } },
        de: { login: { title: 'Willkommen zurück' } },
      },
      stylesheet: STYLESHEET + COLOURS,
      replace: {
        home: ({ appName, stylesheetPath, user }) =>
          html`<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${appName}</title>
<link rel="stylesheet" href="${stylesheetPath}">
<h1>${user === null ? 'Parcels, on time' : `Hello, ${user.username ?? user.email}`}</h1>
<a href="${user === null ? '/signup' : '/account'}">${user === null ? 'Get started' : 'Your account'}</a>
</html>`.text,
      },
    },
  })
}
