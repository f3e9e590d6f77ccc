import type { Language } from './types.ts'

/** A name, and the texts of which one tells it from those further down. */
type Mark = readonly [name: string, ...texts: string[]]

const LONGEST_READ = 256

/** Programs name themselves in front; they say nothing of the system. */
const PROGRAMS: readonly Mark[] = [
  ['curl', 'curl/'],
  ['Wget', 'Wget/'],
  ['Postman', 'PostmanRuntime/'],
  ['HTTPie', 'HTTPie/'],
  ['Python', 'python-requests/', 'Python-urllib/', 'python-httpx/', 'Python/'],
  ['Go', 'Go-http-client/'],
  ['Node.js', 'node', 'undici', 'axios/', 'got '],
]

/** Most browsers also claim to be the ones below them. */
const BROWSERS: readonly Mark[] = [
  ['Edge', 'Edg/', 'EdgA/', 'EdgiOS/', 'Edge/'],
  ['Opera', 'OPR/', 'OPT/', 'OPiOS/', 'OPX/', 'Opera'],
  ['Samsung Internet', 'SamsungBrowser/'],
  ['Vivaldi', 'Vivaldi/'],
  ['Yandex Browser', 'YaBrowser/'],
  ['DuckDuckGo', 'DuckDuckGo/', 'Ddg/'],
  ['Firefox', 'Firefox/', 'FxiOS/', 'Focus/'],
  ['Chrome', 'Chrome/', 'CriOS/', 'Chromium/', 'HeadlessChrome/'],
  ['Internet Explorer', 'MSIE ', 'Trident/'],
  ['Safari', 'Safari/'],
]

/** Phones also claim to be what their system grew from. */
const SYSTEMS: readonly Mark[] = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', 'Android'],
  ['ChromeOS', 'CrOS'],
  ['Windows', 'Windows'],
  ['macOS', 'Macintosh', 'Mac OS X'],
  ['Linux', 'Linux'],
]

interface Phrases {
  readonly unknown: string
  on(browser: string, system: string): string
}

const PHRASES: Readonly<Record<Language, Phrases>> = {
  en: { unknown: 'Unknown browser', on: (browser, system) => `${browser} on ${system}` },
  de: { unknown: 'Unbekannter Browser', on: (browser, system) => `${browser} auf ${system}` },
  es: { unknown: 'Navegador desconocido', on: (browser, system) => `${browser} en ${system}` },
  zh: { unknown: '未知浏览器', on: (browser, system) => `${system} 上的 ${browser}` },
}

/**
 * What a person calls the device that sent this User-Agent, made of known names only: nothing of the header itself
 * is ever shown. A browser can claim to be any other; the name is a help to remember, and no proof.
 *
 * @example
 * deviceName(request.headers['user-agent'] ?? null) // 'Firefox on Windows'
 */
export function deviceName(userAgent: string | null, language: Language = 'en'): string {
  const text = userAgent?.slice(0, LONGEST_READ) ?? ''
  const phrases = PHRASES[language]
  const program = nameIn(PROGRAMS, (mark) => text.startsWith(mark))
  if (program !== null) return program
  const browser = nameIn(BROWSERS, (mark) => text.includes(mark)) ?? phrases.unknown
  const system = nameIn(SYSTEMS, (mark) => text.includes(mark))
  return system === null ? browser : phrases.on(browser, system)
}

function nameIn(marks: readonly Mark[], matches: (text: string) => boolean): string | null {
  const [name] = marks.find(([, ...texts]) => texts.some(matches)) ?? []
  return name ?? null
}
