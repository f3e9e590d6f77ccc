import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseEmail, parseLoginIdentifier, parseUsername } from './identifiers.ts'

/** As typed, as mail is sent, as it is looked up. */
const EMAILS: readonly (readonly [string, string, string])[] = [
  ['anna@example.test', 'anna@example.test', 'anna@example.test'],
  [' ANNA@Example.TEST\t ', 'ANNA@example.test', 'anna@example.test'],
  ["o'neil+tag@sub.example.test", "o'neil+tag@sub.example.test", "o'neil+tag@sub.example.test"],
  [
    'a.b_c-d!#$%&*/=?^`{|}~@example.test',
    'a.b_c-d!#$%&*/=?^`{|}~@example.test',
    'a.b_c-d!#$%&*/=?^`{|}~@example.test',
  ],
  ['1@2.example', '1@2.example', '1@2.example'],
  ['anna@bücher.example', 'anna@xn--bcher-kva.example', 'anna@xn--bcher-kva.example'],
  ['anna@BU\u0308CHER.example', 'anna@xn--bcher-kva.example', 'anna@xn--bcher-kva.example'],
  ['anna@XN--BCHER-KVA.example', 'anna@xn--bcher-kva.example', 'anna@xn--bcher-kva.example'],
  ['anna@例え.jp', 'anna@xn--r8jz45g.jp', 'anna@xn--r8jz45g.jp'],
  ['anna@example。jp', 'anna@example.jp', 'anna@example.jp'],
  ['anna@ｅｘａｍｐｌｅ.jp', 'anna@example.jp', 'anna@example.jp'],
]

const AT = 'anna@example.test'
const NO_EMAILS: readonly unknown[] = [
  ...['', ' ', '@', 'anna', 'anna@', '@example.test', 'anna@@example.test', 'anna@b.test@example.test'],
  // Several recipients, names, comments, quotes.
  ...[`${AT},bert@example.test`, `${AT};bert@example.test`, `${AT} bert@example.test`, 'a,b@example.test'],
  ...[`Anna <${AT}>`, `<${AT}>`, `${AT}>`, `"anna"@example.test`, `"a@b"@example.test`, `"a b"@example.test`],
  ...['anna(x)@example.test', 'anna@example.test(x)', 'anna\\@example.test', 'team:anna@example.test;'],
  // Controls, blanks inside, invisible characters.
  ...[
    `${AT}\r\nBcc: b@example.test`,
    `${AT}\n`,
    `${AT}\r`,
    `\n${AT}`,
    `anna@example.test\0`,
    'an\0na@example.test',
  ],
  ...[
    'an na@example.test',
    'anna @example.test',
    'anna@ example.test',
    'anna@exa mple.test',
    'an\tna@example.test',
  ],
  ...[
    `\u00a0${AT}`,
    `${AT}\u3000`,
    `${AT}\u2028`,
    `\ufeff${AT}`,
    'anna@exa\u00admple.test',
    'anna@exa\u200dmple.test',
  ],
  ...[
    'anna\u200b@example.test',
    'anna@\u202eexample.test',
    'anna@exa\u0085mple.test',
    'anna@example.te\ud800st',
  ],
  // What looks like an @.
  ...[
    'anna\uff20example.test',
    'anna\ufe6bexample.test',
    'anna@b\uff20example.test',
    'anna@b\ufe6bexample.test',
  ],
  // Letters of others in front of the @.
  ...['ann\u0430@example.test', 'i\u0307@example.test', '\u0131@example.test', '\u0130@example.test'],
  ...['\u212aate@example.test', 'stra\u00dfe@example.test', 'anna\u037e@example.test', '\ufb01@example.test'],
  // Domains that are none.
  ...[
    'anna@localhost',
    'anna@example',
    'anna@example.test.',
    'anna@.example.test',
    'anna@example..test',
    'anna@.',
  ],
  ...['anna@-a.test', 'anna@a-.test', 'anna@a_b.test', `anna@${'a'.repeat(64)}.test`, 'anna@exam%70le.test'],
  ...[
    'anna@127.0.0.1',
    'anna@0x7f.1',
    'anna@2130706433',
    'anna@１２７.0.0.1',
    'anna@[127.0.0.1]',
    'anna@[::1]',
  ],
  ...['anna@[IPv6:::1]', 'anna@1.2.3.4.5', 'anna@example.1', 'anna@example.test:25', 'anna@example.test/x'],
  ...['anna@example.test?x', 'anna@example.test#x', 'anna@a／b.test', 'anna@a％62.test', 'anna@\u2105.test'],
  ...['anna@\u2474.test', 'anna@a\u037eb.test', 'anna@\u2024example.test'],
  // What a mail program takes for an option.
  ...['-oQ/tmp@example.test', '-@example.test'],
  // Too long.
  ...[
    `${'a'.repeat(65)}@example.test`,
    `a@${'b.'.repeat(125)}test`,
    'a'.repeat(10_240),
    `${AT}${' '.repeat(10_240)}`,
  ],
  ...[`${'a'.repeat(10_240)}@example.test`, `a@${'\u0301'.repeat(10_240)}.test`, '@'.repeat(10_240)],
  // No texts.
  ...[null, undefined, 7, true, {}, [], [AT], { toString: () => AT }, new String(AT)],
]

/** Everything an address may consist of once it is accepted. */
const HARMLESS = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9.-]+$/

const awkwardText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '@',
        '.',
        'a',
        'Z',
        'ß',
        'ss',
        'İ',
        'ı',
        'K',
        '＠',
        ',',
        ';',
        '"',
        '\r\n',
        ' ',
        'xn--',
        '-',
        '%',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(''))
const labels = fc.stringMatching(/^[a-zA-Z0-9]{1,8}$/)
const localParts = fc.stringMatching(/^[a-zA-Z0-9.+_]{1,20}$/)
const plainEmails = fc.tuple(localParts, labels).map(([local, label]) => `${local}@${label}.Example`)
const maybeEmails = fc.oneof(
  plainEmails,
  awkwardText,
  fc.tuple(localParts, awkwardText).map(([local, domain]) => `${local}@${domain}.test`),
)

/** The text with the case of some of its ASCII letters turned round. */
function recased(text: string, turns: readonly boolean[]): string {
  return text.replace(/[a-zA-Z]/g, (letter, index: number) => {
    if (turns[index % turns.length] !== true) return letter
    return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
  })
}

suite('an email address', () => {
  test('E-05: is sent to as it was typed, with its domain in ASCII, and found in any case', () => {
    for (const [typed, text, key] of EMAILS) assert.deepEqual(parseEmail(typed), { text, key }, typed)
  })

  test('E-05: is one plain address and nothing else (T50, T51, T65)', () => {
    for (const text of NO_EMAILS) assert.equal(parseEmail(text), null, JSON.stringify(text)?.slice(0, 80))
  })

  test('E-05: has 254 characters at most', () => {
    const domain = `${'b'.repeat(63)}.${'b'.repeat(63)}.${'b'.repeat(57)}.test`
    assert.equal(`${'a'.repeat(64)}@${domain}`.length, 255)
    assert.equal(parseEmail(`${'a'.repeat(64)}@${domain}`), null)
    assert.notEqual(parseEmail(`${'a'.repeat(63)}@${domain}`), null)
  })

  test('E-05: is another one with ß than with ss, and with one dot on the i than with none', () => {
    const pairs = [
      ['anna@faß.example', 'anna@fass.example'],
      ['anna@ı.example', 'anna@i.example'],
      ['anna@İ.example', 'anna@i.example'],
      ['anna@pаypal.example', 'anna@paypal.example'],
    ]
    for (const spellings of pairs) {
      const keys = spellings.map((spelling) => parseEmail(spelling)?.key)
      assert.equal(new Set(keys).size, 2, spellings.join(' '))
      assert.equal(keys.includes(undefined), false)
    }
  })

  test('E-05: has one key, however the case of its letters is mixed', () => {
    fc.assert(
      fc.property(maybeEmails, fc.array(fc.boolean(), { minLength: 1 }), (text, turns) => {
        assert.equal(parseEmail(recased(text, turns))?.key, parseEmail(text)?.key)
      }),
      { numRuns: 2_000 },
    )
  })

  test('E-05: never holds what could begin a second recipient or a header', () => {
    fc.assert(
      fc.property(maybeEmails, (text) => {
        const email = parseEmail(text)
        if (email !== null) assert.match(email.text, HARMLESS)
      }),
      { numRuns: 2_000 },
    )
  })

  test('E-05: read again is the same, also from its key', () => {
    fc.assert(
      fc.property(maybeEmails, (text) => {
        const email = parseEmail(text)
        fc.pre(email !== null)
        assert.deepEqual(parseEmail(email.text), email)
        assert.deepEqual(parseEmail(email.key), { text: email.key, key: email.key })
      }),
    )
  })
})

suite('a username', () => {
  test('E-05: is shown as it was typed and found in any case', () => {
    assert.deepEqual(parseUsername(' Anna.B_c-9 '), { text: 'Anna.B_c-9', key: 'anna.b_c-9' })
    assert.deepEqual(parseUsername('7'), { text: '7', key: '7' })
    assert.deepEqual(parseUsername('a'.repeat(64))?.key, 'a'.repeat(64))
  })

  test('E-05: is never an email address, nor anything that could pass for another name', () => {
    const wrong = [
      ...[
        '',
        ' ',
        '-anna',
        '.anna',
        '_anna',
        'an na',
        'a'.repeat(65),
        'bert@example.test',
        'bert＠example.test',
      ],
      ...[
        'ann\u0430',
        '\u212aate',
        'stra\u00dfe',
        'anna\u200b',
        'anna\n',
        'anna\0',
        '\u0131',
        '<b>',
        'a'.repeat(1e4),
      ],
      ...[null, undefined, 7, true, {}, ['anna'], { toString: () => 'anna' }],
    ]
    for (const text of wrong) assert.equal(parseUsername(text), null, JSON.stringify(text)?.slice(0, 80))
  })
})

suite('what somebody logs in with', () => {
  test('E-05: is an email address with an @, and a username without', () => {
    const anna = { kind: 'email', key: 'anna@example.test' }
    assert.deepEqual(parseLoginIdentifier(' ANNA@Example.TEST '), anna)
    assert.deepEqual(parseLoginIdentifier('Anna'), { kind: 'username', key: 'anna' })
  })

  test('E-05: is nobody if it is neither', () => {
    for (const text of ['', 'anna@', 'anna＠example.test', '-anna', 'a b', null, 7, ['anna'], {}]) {
      assert.equal(parseLoginIdentifier(text), null, JSON.stringify(text))
    }
  })

  test('E-05: has a key that no identifier of the other kind has', () => {
    fc.assert(
      fc.property(maybeEmails, (text) => {
        const identifier = parseLoginIdentifier(text)
        fc.pre(identifier !== null)
        assert.equal(identifier.key.includes('@'), identifier.kind === 'email')
      }),
    )
  })
})
