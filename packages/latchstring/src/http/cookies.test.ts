import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { LatchstringError } from '../core/errors.ts'
import { type PresentedCookie, SessionCookies } from './cookies.ts'

const TOKEN = 'aZ09_-'.padEnd(43, 'x')
const OTHER = 'b'.repeat(43)
const NAME = '__Host-Http-latchstring'
const DEV_NAME = 'latchstring'
const NONE = { kind: 'none' }
const cookies = new SessionCookies()

const read = (header: string, isSecure = true): PresentedCookie => cookies.read(header, isSecure)
const present = (token: string): PresentedCookie => ({ kind: 'token', token })
/** The text that Node makes of these bytes of a header. */
const bytes = (...codes: number[]): string => Buffer.from(codes).toString('latin1')

suite('the session cookie as it is set', () => {
  test('C-01: over https is a __Host- cookie that only a server can have set', () => {
    assert.equal(cookies.issue(TOKEN, null, true), `${NAME}=${TOKEN}; Path=/; HttpOnly; SameSite=Lax; Secure`)
  })

  test('C-03: over http has another name and no prefix', () => {
    assert.equal(cookies.issue(TOKEN, null, false), `${DEV_NAME}=${TOKEN}; Path=/; HttpOnly; SameSite=Lax`)
  })

  test('C-01: never has a domain, whatever it is set with', () => {
    for (const isSecure of [true, false]) {
      for (const line of [cookies.issue(TOKEN, 60, isSecure), cookies.expire(isSecure)]) {
        assert.doesNotMatch(line, /domain/i)
        assert.match(line, /; Path=\/;/)
      }
    }
  })

  test('C-02: says SameSite=Strict when it is asked to', () => {
    const strict = new SessionCookies({ sameSite: 'strict' })
    assert.match(strict.issue(TOKEN, null, true), /; SameSite=Strict; Secure$/)
  })

  test('C-04: lives until the browser is closed unless it is given an age', () => {
    assert.doesNotMatch(cookies.issue(TOKEN, null, true), /Max-Age|Expires/)
  })

  test('C-04: has an age in whole seconds, rounded down, of 400 days at most', () => {
    const ages: [given: number, written: string][] = [
      [60, '60'],
      [59.999, '59'],
      [0.5, '0'],
      [34_560_000, '34560000'],
      [34_560_001, '34560000'],
      [1e15, '34560000'],
    ]
    for (const [given, written] of ages) {
      assert.ok(cookies.issue(TOKEN, given, true).includes(`; Max-Age=${written}; Secure`), String(given))
    }
  })

  test('C-01: is taken away under the name and with the attributes that it was set with', () => {
    assert.equal(cookies.expire(true), `${NAME}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure`)
    assert.equal(cookies.expire(false), `${DEV_NAME}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`)
  })

  test('C-01: with a name of the application keeps the prefix', () => {
    assert.ok(new SessionCookies({ name: 'sid' }).issue(TOKEN, null, true).startsWith('__Host-Http-sid='))
  })

  test('C-05: stays under the 4,096 bytes that browsers keep', () => {
    const longest = new SessionCookies({ name: 'n'.repeat(64) })
    assert.ok(longest.issue(TOKEN, 34_560_000, true).length <= 4096)
  })
})

suite('the options of the session cookie', () => {
  const refuses = (options: object, pattern: RegExp) =>
    assert.throws(
      () => new SessionCookies(options),
      (error) =>
        error instanceof LatchstringError && error.code === 'invalid_option' && pattern.test(error.message),
    )

  test('C-05: names outside the grammar of cookies are refused', () => {
    const names = [
      '',
      'a b',
      'a;b',
      'a=b',
      'a,b',
      'a\r\nb',
      'a\0b',
      'a\tb',
      'é',
      'a"b',
      'a\\b',
      'a(b',
      'n'.repeat(65),
    ]
    for (const name of [...names, 'a\u2028', 'a\n', 7, {}, ['a']]) refuses({ name }, /cookie\.name takes/)
  })

  test('C-05: names that bring a prefix of their own are refused', () => {
    for (const name of ['__Host-a', '__Secure-a', '__Http-a', '__Host-Http-a', '__HOST-a', '__host-a']) {
      refuses({ name }, /__Host-/)
    }
  })

  test('C-05: every name of the grammar is taken', () => {
    for (const name of ['a', 'A-Z_09', "!#$%&'*+.^`|~", 'n'.repeat(64)]) {
      assert.ok(new SessionCookies({ name }).issue(TOKEN, null, false).startsWith(`${name}=`))
    }
  })

  test("C-02: sameSite 'none' and everything but 'lax' and 'strict' is refused", () => {
    for (const sameSite of [
      'none',
      'None',
      'Lax',
      'STRICT',
      '',
      true,
      false,
      0,
      'lax; Domain=evil.example',
    ]) {
      refuses({ sameSite }, /cookie\.sameSite takes/)
    }
  })

  test('C-01: a domain and other options that a safe cookie does not have are refused', () => {
    for (const name of ['domain', 'path', 'secure', 'httpOnly', 'maxAge', 'expires', 'signed', 'priority']) {
      refuses({ [name]: 'x' }, new RegExp(`cookie has no option "${name}"; it takes name, sameSite`))
    }
  })
})

suite('the session cookie as it is read', () => {
  test('C-06: is found wherever it stands in the header', () => {
    const headers = [
      `${NAME}=${TOKEN}`,
      `a=1; ${NAME}=${TOKEN}`,
      `${NAME}=${TOKEN}; a=1`,
      `a=1;${NAME}=${TOKEN};b=2`,
      ` ${NAME}=${TOKEN} `,
      `\t${NAME}\t=\t${TOKEN}\t`,
      `;;; ${NAME}=${TOKEN};;;`,
      `a; b=; =c; ${NAME}=${TOKEN}`,
      `a="x; ${NAME}=${TOKEN}`,
    ]
    for (const header of headers) assert.deepEqual(read(header), present(TOKEN), header)
  })

  test('C-08: its absence is no session', () => {
    assert.deepEqual(cookies.read(undefined, true), NONE)
    for (const header of ['', ';', '=', 'a=1', `a=${NAME}`, `a=${TOKEN}`, NAME, `${NAME} ${TOKEN}`]) {
      assert.deepEqual(read(header), NONE, header)
    }
  })

  test('C-07: two of our name are believed neither of them, in any order', () => {
    const pairs = [
      [TOKEN, OTHER],
      [OTHER, TOKEN],
      [TOKEN, TOKEN],
      [TOKEN, ''],
      ['', TOKEN],
      ['garbage', TOKEN],
    ]
    for (const [first, second] of pairs) {
      assert.deepEqual(read(`${NAME}=${first}; a=1; ${NAME}=${second}`), { kind: 'duplicate' })
      assert.deepEqual(read(`${NAME}=${first};${NAME} = ${second}`), { kind: 'duplicate' })
    }
  })

  test('C-06: no byte but space and tab is trimmed from a name', () => {
    const odd = [
      ...[0x0b, 0x0c, 0x1c, 0x1d, 0x1e, 0x1f, 0x85, 0xa0, 0x00, 0x0d, 0x0a, 0x7f, 0xff].map((code) =>
        bytes(code),
      ),
      bytes(0xc2, 0xa0),
      bytes(0xe2, 0x80, 0x80),
      bytes(0xef, 0xbb, 0xbf),
      '\u00a0',
      '\u2028',
      '\u2029',
      '\u3000',
      '\ufeff',
    ]
    for (const prefix of odd) {
      assert.deepEqual(read(`${prefix}${NAME}=${TOKEN}`), NONE, shown(prefix))
      assert.deepEqual(read(`a=1; ${prefix}${NAME}=${TOKEN}`), NONE, shown(prefix))
      assert.deepEqual(read(`${NAME}${prefix}=${TOKEN}`), NONE, shown(prefix))
      assert.deepEqual(read(`${NAME}=${prefix}${TOKEN}`), NONE, shown(prefix))
      assert.deepEqual(read(`${NAME}=${TOKEN}${prefix}`), NONE, shown(prefix))
    }
  })

  test('C-06: a cookie that looks alike neither counts nor hides the real one', () => {
    const names = [
      NAME.toLowerCase(),
      NAME.toUpperCase(),
      '__host-Http-latchstring',
      `${NAME}2`,
      `${NAME}-`,
      `x${NAME}`,
      `${NAME.slice(0, -1)}`,
      '__Host-latchstring',
      '__Http-latchstring',
      '%5F_Host-Http-latchstring',
      `"${NAME}"`,
      `$${NAME}`,
      bytes(0xa0) + NAME,
    ]
    for (const name of names) {
      assert.deepEqual(read(`${name}=${TOKEN}`), NONE, name)
      assert.deepEqual(read(`${name}=${OTHER}; ${NAME}=${TOKEN}; ${name}=${OTHER}`), present(TOKEN), name)
    }
  })

  test('C-06: there are no quotes, escapes or $Version in a cookie header', () => {
    for (const value of [
      `"${TOKEN}"`,
      `"${TOKEN}`,
      `${TOKEN}"`,
      `'${TOKEN}'`,
      `%61${TOKEN.slice(1)}`,
      `\\${TOKEN}`,
    ]) {
      assert.deepEqual(read(`${NAME}=${value}`), NONE, value)
    }
    assert.deepEqual(read(`$Version=1; a="; ${NAME}=${OTHER}; "`), present(OTHER))
    assert.deepEqual(read(`a=1, ${NAME}=${TOKEN}`), NONE)
  })

  test('C-08: only what can be a token is one', () => {
    const values = [
      '',
      'x',
      TOKEN.slice(1),
      `${TOKEN}x`,
      `${TOKEN}=`,
      `=${TOKEN}`,
      `${TOKEN} x`,
      `${TOKEN}\n`,
    ]
    for (const value of [
      ...values,
      `${TOKEN.slice(1)}.`,
      `${TOKEN.slice(1)}+`,
      'x'.repeat(128),
      'x'.repeat(1e6),
    ]) {
      assert.deepEqual(read(`${NAME}=${value}`), NONE, value.slice(0, 60))
    }
  })

  test('C-03: the cookie of http counts for nothing over https, and the other way round', () => {
    assert.deepEqual(read(`${DEV_NAME}=${TOKEN}`, true), NONE)
    assert.deepEqual(read(`${NAME}=${TOKEN}`, false), NONE)
    assert.deepEqual(read(`${DEV_NAME}=${OTHER}; ${NAME}=${TOKEN}`, true), present(TOKEN))
    assert.deepEqual(read(`${DEV_NAME}=${OTHER}; ${NAME}=${TOKEN}`, false), present(OTHER))
  })

  test('C-06: whatever the header is, only a lone well-formed value of our name is returned', () => {
    const part = fc.oneof(
      fc.constantFrom(NAME, DEV_NAME, TOKEN, OTHER, '=', ';', ' ', '\t', '"', '\u00a0', '\0', '__Host-', ','),
      fc.string({ unit: 'binary', maxLength: 5 }),
    )
    const headers = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(headers, fc.boolean(), (header, isSecure) => {
        assert.deepEqual(read(header, isSecure), expected(header, isSecure ? NAME : DEV_NAME))
      }),
      { numRuns: 500 },
    )
  })

  test('C-08: a header of a megabyte is read in no time', () => {
    const megabyte = 1_048_576
    const pieces = [
      ';',
      ' ',
      '\t',
      '=',
      `${NAME}`,
      `${NAME}=`,
      `${NAME} `,
      `${NAME}=${TOKEN};`,
      'a=1; ',
      '\u00a0',
    ]
    for (const piece of pieces) {
      const header = piece.repeat(megabyte / piece.length)
      const before = process.cpuUsage()
      read(header)
      read(`${NAME}${header}`)
      const { user } = process.cpuUsage(before)
      assert.ok(user < 1_000_000, `${JSON.stringify(piece)} took ${user / 1000} ms`)
    }
  })
})

/** The rule in other words: of the pairs between semicolons, the lone one of this very name. */
function expected(header: string, name: string): PresentedCookie {
  const pattern = new RegExp(`^[ \\t]*${name}[ \\t]*=`)
  const values = header.split(';').filter((pair) => pattern.test(pair))
  if (values.length > 1) return { kind: 'duplicate' }
  const [, token] = /^[^=]*=[ \t]*([\w-]{43})[ \t]*$/.exec(values[0] ?? '') ?? []
  return token === undefined ? { kind: 'none' } : present(token)
}

function shown(text: string): string {
  return encodeURIComponent(text)
}
