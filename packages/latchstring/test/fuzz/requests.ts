import { ROUTES } from '../../src/routes/table.ts'
import { FORM_BODIES, JSON_BODIES } from './bodies.ts'
import { COOKIE_HEADERS } from './cookies.ts'
import type { Dice } from './dice.ts'
import { ACCEPT_LANGUAGES, CLIENT_ADDRESSES, REQUEST_PATHS, RETURN_PATHS, USER_AGENTS } from './texts.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'get']
const TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/json;charset=x',
  '',
]
const SITES = ['same-origin', 'none', 'cross-site', 'same-site', 'x']
const PATHS = Object.keys(ROUTES)

/** A whole request, as bytes: well-formed enough that it reaches the application now and then. */
export function makeRequest(dice: Dice): Buffer {
  const body = dice.once(2) ? JSON_BODIES.make(dice) : FORM_BODIES.make(dice)
  const bytes = Buffer.from(body)
  const lines = [
    `${dice.pick(METHODS)} ${targetOf(dice)} HTTP/1.1`,
    'Host: app.example.test',
    'Connection: close',
    ...headersOf(dice),
    `Content-Length: ${bytes.byteLength}`,
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes])
}

function targetOf(dice: Dice): string {
  const path = dice.once(4) ? REQUEST_PATHS.make(dice) : dice.pick(PATHS).replace(':id', 'A'.repeat(22))
  const query = dice.once(2) ? '' : `?returnTo=${RETURN_PATHS.make(dice)}&token=${FORM_BODIES.make(dice)}`
  return inOneLine(path + query).replace(/[^!-~]|#/g, '') || '/'
}

function headersOf(dice: Dice): string[] {
  const headers: readonly (readonly [string, () => string])[] = [
    ['Cookie', () => COOKIE_HEADERS.make(dice)],
    ['User-Agent', () => USER_AGENTS.make(dice)],
    ['Accept-Language', () => ACCEPT_LANGUAGES.make(dice)],
    ['Accept', () => dice.pick(['text/html', '*/*', 'application/json', ';q=', 'text/html;q=9'])],
    ['Content-Type', () => dice.pick(TYPES)],
    ['Sec-Fetch-Site', () => dice.pick(SITES)],
    ['Origin', () => dice.pick(['null', 'http://app.example.test', RETURN_PATHS.make(dice)])],
    ['X-Forwarded-For', () => CLIENT_ADDRESSES.make(dice)],
  ]
  return headers.filter(() => dice.once(2)).map(([name, make]) => `${name}: ${inOneLine(make())}`)
}

/** What Node refuses before it asks anybody would never reach us. */
function inOneLine(text: string): string {
  return Array.from(text).filter(isSendable).join('')
}

function isSendable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  return code === 0x09 || (code >= 0x20 && code <= 0xff && code !== 0x7f)
}
