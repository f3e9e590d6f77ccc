import assert from 'node:assert/strict'
import { SessionCookies } from '../../src/http/cookies.ts'
import { type Dice, joined, mangled } from './dice.ts'
import type { Target } from './target.ts'

const NAME = '__Host-Http-latchstring'
const PLAIN = 'latchstring'
/** The one token that would log somebody in. */
const LIVE = 'Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmE'

const FRAGMENTS = [
  ...[
    NAME,
    PLAIN,
    LIVE,
    `${NAME}=${LIVE}`,
    `${PLAIN}=${LIVE}`,
    'a=b',
    'sid',
    '__Host-',
    '__Secure-',
    '$Version=1',
  ],
  ...[
    '=',
    '==',
    ';',
    '; ',
    ';;',
    ' ',
    '\t',
    ',',
    '"',
    "'",
    '%3D',
    '%20',
    '\\',
    '\0',
    '\r\n',
    '\v',
    '\f',
    '\x1f',
  ],
  ...[
    '\u00a0',
    '\u0085',
    '\u2000',
    '\ufeff',
    '\ud800',
    'é',
    '💥',
    '-',
    '_',
    'A',
    'a'.repeat(43),
    'B'.repeat(300),
  ],
  ...['__proto__', 'constructor', '__proto__=1', NAME.toUpperCase(), NAME.slice(1), `x${NAME}`, `${NAME}x`],
]

const cookies = new SessionCookies()
const PAIR = new RegExp(String.raw`(?:^|;)[ \t]*${NAME}[ \t]*=[ \t]*([^;]*?)[ \t]*(?=;|$)`, 'gs')

/** The same decision in other words: exactly one pair of our name, whose value has the form of a token. */
function expected(header: string): string | null {
  if (!header.includes(NAME)) return null
  const values = Array.from(header.matchAll(PAIR), ([, value = '']) => value)
  const [value = ''] = values
  return values.length === 1 && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : null
}

function make(dice: Dice): string {
  if (dice.once(3)) return mangled(dice, `a=b; ${NAME}=${LIVE}; c=d`, FRAGMENTS)
  return joined(dice, FRAGMENTS, 12)
}

export const COOKIE_HEADERS: Target = {
  name: 'cookie headers',
  corpus: [
    `${NAME}=${LIVE}`,
    `${NAME}=${LIVE}; ${NAME}=${LIVE}`,
    `\u00a0${NAME}=${LIVE}`,
    `${NAME}="${LIVE}"`,
    `$Version=1; ${NAME}=${LIVE}; $Path=/`,
    `${PLAIN}=${LIVE}`,
    `a=${NAME}=${LIVE}`,
  ],
  fragments: FRAGMENTS,
  make,
  check(header) {
    const presented = cookies.read(header, true)
    const token = presented.kind === 'token' ? presented.token : null
    if (token !== expected(header)) assert.fail(`read as ${token}, and not as ${expected(header)}`)
  },
}
