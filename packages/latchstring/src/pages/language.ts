import type { Language } from '../auth/types.ts'

/** As browsers, screen readers and `Intl` know them. */
export const LANGUAGE_TAGS: Readonly<Record<Language, string>> = {
  en: 'en',
  de: 'de',
  es: 'es',
  zh: 'zh-Hans',
}

export const LANGUAGES: readonly Language[] = ['en', 'de', 'es', 'zh']
