import type { Language } from '../auth/types.ts'
import { type Html, html } from './html.ts'
import { LANGUAGE_TAGS } from './language.ts'

const FORMATS: Readonly<Record<Language, Intl.DateTimeFormat>> = {
  en: formatFor('en'),
  de: formatFor('de'),
  es: formatFor('es'),
  zh: formatFor('zh'),
}

function formatFor(language: Language): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(LANGUAGE_TAGS[language], {
    dateStyle: 'medium',
    timeStyle: 'short',
    hourCycle: 'h23',
    timeZone: 'UTC',
  })
}

/** A moment in milliseconds since the epoch. The server does not know the reader's time zone, so it says UTC. */
export function time(language: Language, at: number): Html {
  const date = new Date(at)
  return html`<time datetime="${date.toISOString()}">${FORMATS[language].format(date)} UTC</time>`
}
