import assert from 'node:assert/strict'
import { addressPrefix, UNKNOWN_ADDRESS } from '../../src/auth/addressPrefix.ts'
import { deviceName } from '../../src/auth/deviceName.ts'
import { parseEmail, parseLoginIdentifier, parseUsername } from '../../src/auth/identifiers.ts'
import { readHash } from '../../src/auth/passwords/phc.ts'
import type { Language } from '../../src/auth/types.ts'
import { pickLanguage } from '../../src/http/acceptLanguage.ts'
import { safeReturnPath } from '../../src/http/returnPath.ts'
import { CookieSigner } from '../../src/http/signedCookie.ts'
import { matchRoute } from '../../src/routes/router.ts'
import { ROUTES } from '../../src/routes/table.ts'
import { joined, mangled } from './dice.ts'
import type { Target } from './target.ts'

const ODD = [
  ' ',
  '\t',
  '\r\n',
  '\0',
  '\x1b[31m',
  '\u0085',
  '\u00a0',
  '\u200b',
  '\u202e',
  '\u2028',
  '\ud800',
  '\udc00',
  '💥',
]

const PATHS = [
  ...[
    '/',
    '//',
    '///',
    '\\',
    '/\\',
    '/.',
    '/..',
    '..',
    '.',
    '%2f',
    '%5c',
    '%2e',
    '%09',
    '%',
    '%00',
    '?',
    '#',
    '@',
    ':',
  ],
  ...[
    'http:',
    'https:',
    'https://',
    'javascript:',
    'data:',
    'evil.example',
    'evil.example/',
    '/account',
    ';',
    '&',
    '=',
  ],
  ...ODD,
]
const OWN_ORIGIN = 'https://app.example'

export const RETURN_PATHS: Target = {
  name: 'return paths',
  corpus: [
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/%2f/evil.example',
    'https:evil.example',
  ],
  fragments: PATHS,
  make: (dice) => (dice.once(2) ? mangled(dice, '/account/sessions?a=b#c', PATHS) : joined(dice, PATHS, 8)),
  check(path) {
    const result = safeReturnPath(path, '/fallback')
    assert.equal(new URL(result, OWN_ORIGIN).origin, OWN_ORIGIN)
    assert.match(result, /^\/(?![/\\])[!-~]*$/)
    // Whoever decodes it once on the way must not be led elsewhere either.
    assert.doesNotMatch(decodeURIComponent(new URL(result, OWN_ORIGIN).pathname), /^\/[/\\]/)
    assert.equal(safeReturnPath(result, '/fallback'), result)
  },
}

const ADDRESSES = [
  ...[
    '@',
    '@@',
    '.',
    '..',
    '-',
    '_',
    '+',
    ',',
    ';',
    ':',
    '<',
    '>',
    '(',
    ')',
    '[',
    ']',
    '"',
    '\\',
    'anna',
    'ANNA',
    'a',
  ],
  ...[
    'example.test',
    'example',
    '.test',
    '127.0.0.1',
    '[::1]',
    'xn--',
    'xn--bcher-kva',
    'bücher',
    'ß',
    'ı',
    'İ',
    '\u212a',
  ],
  ...['＠', '﹫', '。', '．', '\u00ad', 'Bcc:', '%0d%0a', 'a'.repeat(64), 'b'.repeat(200), ...ODD],
]

export const EMAIL_ADDRESSES: Target = {
  name: 'email addresses',
  corpus: [
    'anna@example.test',
    'a@b@c.test',
    'anna@example.test,eve@evil.test',
    '"a b"@example.test',
    'anna＠example.test',
  ],
  fragments: ADDRESSES,
  make: (dice) =>
    dice.once(2) ? mangled(dice, 'anna.b+c@mail.example.test', ADDRESSES) : joined(dice, ADDRESSES, 8),
  check(text) {
    const email = parseEmail(text)
    const login = parseLoginIdentifier(text)
    assert.equal(login === null || login.key === (email ?? parseUsername(text))?.key, true)
    if (email === null) return
    assert.match(email.text, /^[!-?A-~]{1,64}@[a-z0-9.-]+$/)
    assert.ok(email.text.length <= 254)
    assert.doesNotMatch(email.text, /^-|[\s,;<>()[\]"\\]/)
    assert.equal(email.key, email.text.toLowerCase())
    assert.deepEqual(parseEmail(email.text), email)
  },
}

const AGENTS = [
  ...[
    'Mozilla/5.0',
    'Chrome/',
    'Safari/',
    'Firefox/',
    'Edg/',
    'OPR/',
    'Windows',
    'Macintosh',
    'iPhone',
    'Linux',
    'Android',
  ],
  ...['(', ')', ';', '/', '<script>', '"><img src=x>', '{a}', '{{a}}', '%s', 'curl/', 'node', '999', ...ODD],
]
const LANGUAGES: readonly Language[] = ['en', 'de', 'es', 'zh']

export const USER_AGENTS: Target = {
  name: 'User-Agents',
  corpus: ['', '<script>alert(1)</script>', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/1'],
  fragments: AGENTS,
  make: (dice) => joined(dice, AGENTS, 10),
  check(text) {
    for (const language of LANGUAGES) {
      const name = deviceName(text, language)
      assert.match(name, /^[\p{L}0-9. ]{1,60}$/u)
    }
  },
}

const RANGES = [
  'en',
  'de',
  'de-CH',
  'zh-Hant',
  '*',
  ',',
  ';',
  'q=',
  '=',
  '0',
  '1',
  '0.5',
  '.',
  '-',
  'x',
  ';q=1',
  ';q=0',
  ...ODD,
]

export const ACCEPT_LANGUAGES: Target = {
  name: 'Accept-Language',
  corpus: ['', '*', 'de;q=0', 'de-CH-1996,en;q=0.9', 'de;q=1;q=0', 'q=1'],
  fragments: RANGES,
  make: (dice) => joined(dice, RANGES, 12),
  check(header) {
    assert.ok(LANGUAGES.includes(pickLanguage(header, LANGUAGES, 'en')))
  },
}

const PARTS = [
  '1',
  '255',
  '256',
  '0',
  '00',
  '.',
  ':',
  '::',
  'ffff',
  '10000',
  '%eth0',
  '[',
  ']',
  ':80',
  '/64',
  '::ffff:1.2.3.4',
  ...ODD,
]

export const CLIENT_ADDRESSES: Target = {
  name: 'client addresses',
  corpus: ['::1', '[::1]:80', '1.2.3.4:80', '::ffff:1.2.3.4', '::1%lo', '1.2.3.4.5'],
  fragments: PARTS,
  make: (dice) => joined(dice, PARTS, 9),
  check(address) {
    const prefix = addressPrefix(address)
    assert.match(prefix, /^(unknown|\d+\.\d+\.\d+\.\d+|[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}::\/64)$/)
    if (prefix.includes('.')) assert.equal(addressPrefix(prefix), prefix)
    assert.equal(addressPrefix(` ${address}`), UNKNOWN_ADDRESS)
  },
}

const SEGMENTS = [
  '/',
  '//',
  'account',
  'login',
  'sessions',
  'revoke',
  'constructor',
  '__proto__',
  ':id',
  '%2f',
  '..',
  '.',
  ';',
  'A'.repeat(64),
  ...ODD,
]
const KNOWN_PATHS = Object.keys(ROUTES)

export const REQUEST_PATHS: Target = {
  name: 'request paths',
  corpus: [
    '/account/sessions/:id/revoke',
    '//login',
    '/login/',
    '/LOGIN',
    '/__proto__',
    '/account/sessions/a/revoke',
  ],
  fragments: SEGMENTS,
  make: (dice) =>
    dice.once(2) ? mangled(dice, dice.pick(KNOWN_PATHS), SEGMENTS) : joined(dice, SEGMENTS, 8),
  check(path) {
    const match = matchRoute(ROUTES, 'POST', path)
    if (match === null) return
    const isKnown = KNOWN_PATHS.some((known) =>
      new RegExp(`^${known.replace(':id', '(?:[A-Za-z0-9_-]{1,64}|:id)')}$`).test(path),
    )
    assert.ok(isKnown, 'another spelling of a path is that path')
  },
}

const HASHES = [
  '$',
  '$$',
  'argon2id',
  'v=19',
  'm=19456,t=2,p=1',
  'm=99999999999',
  'scrypt',
  'pbkdf2_sha256',
  '2b',
  '10',
  '=',
  ',',
  '+',
  '/',
  'A'.repeat(22),
  'A'.repeat(43),
  ...ODD,
]
const HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

export const STORED_HASHES: Target = {
  name: 'stored password hashes',
  corpus: [HASH, '$argon2id$v=19$m=0,t=0,p=0$$', '$2b$99$'],
  fragments: HASHES,
  make: (dice) => (dice.once(2) ? mangled(dice, HASH, HASHES) : joined(dice, HASHES, 8)),
  check(text) {
    const hash = readHash(text)
    if (hash?.kind !== 'argon2id') return
    assert.ok(hash.memory >= 8 && hash.memory <= 1_048_576 && hash.passes >= 1)
    assert.ok(hash.salt.byteLength >= 8 && hash.tag.byteLength >= 16)
  },
}

const SIGNATURES = ['s:', '.', '..', 'a', 'AAAA', '=', '+', '/', '%', 's:a.', ...ODD]
const signer = new CookieSigner(['a secret of some thirty-two bytes.'])
const SIGNED = signer.sign('value')

export const SIGNED_COOKIES: Target = {
  name: 'signed cookies',
  corpus: ['s:value.', 's:.', `${SIGNED}=`, SIGNED.slice(2)],
  fragments: SIGNATURES,
  make: (dice) => (dice.once(2) ? mangled(dice, SIGNED, SIGNATURES) : joined(dice, SIGNATURES, 8)),
  check(text) {
    const value = signer.verify(text)
    assert.ok(value === null || text === SIGNED)
  },
}
