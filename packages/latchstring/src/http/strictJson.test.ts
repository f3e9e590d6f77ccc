import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseStrictJson } from './strictJson.ts'

const ACCEPTED = [
  ...[
    '{}',
    '[]',
    'null',
    'true',
    '0',
    '-0',
    '-1.5e+3',
    '1e400',
    '""',
    ' \t\r\n{ "a" : [ 1 , { "b" : "}" } ] } \n',
  ],
  ...[
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":1,"A":2}',
    '{"a":1,"a ":2}',
    '{"":1}',
    '{"e\u0301":1,"é":2}',
  ],
  ...[
    '{"a":"__proto__","b":["constructor"]}',
    '{"a":"\\u005f_proto__:"}',
    '{"a":"\\"b\\":1,\\"a\\":2"}',
    '{"a":"\\\\"}',
  ],
  ...[
    '{"a":"\\ud83d\\ude00"}',
    '{"a":"😀"}',
    '{"\\u2028":"\u2028"}',
    '"{\\"a\\":1,\\"a\\":2}"',
    '{"a":["a","a"]}',
  ],
]

const REFUSED = [
  // No JSON.
  ...[
    '',
    ' ',
    '{',
    '}',
    '{]',
    '[}',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '[1,]',
    '{a:1}',
    "{'a':1}",
    '{"a":1}{"a":1}',
    'NaN',
  ],
  ...[
    'undefined',
    '01',
    '1.',
    '.5',
    '0x1',
    '"a',
    '"\n"',
    '"\\x"',
    '"\\u12"',
    '{"a":1}//',
    '/**/{}',
    '\ufeff{}',
    '{}\0',
  ],
  ...['nul', 'Infinity', '+1', '{"a":1 "b":2}', '{"a"::1}', '\u00a0{}', 'a'.repeat(1e5)],
  // Names that come twice, however they are written.
  ...[
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"a":{},"a":{}}',
    '{"a":[{"b":1,"b":2}]}',
    '{"a":1,"\\u0061":2}',
  ],
  ...[
    '{"":1,"":2}',
    '{"\\n":1,"\\u000a":2}',
    '{"\\/":1,"/":2}',
    '{"a":{"b":{}},"c":[],"a":1}',
    '[[{"a":1,"a" \n:2}]]',
  ],
  ...['{"a":"}","a":1}', '{"a":"\\"","a":1}', '{"a":"\\\\","a":1}', '{"1":1,"1":2}'],
  // Names that reach a prototype.
  ...['{"__proto__":{"admin":true}}', '{"a":{"constructor":{"prototype":1}}}', '{"a":[{"prototype":1}]}'],
  ...['{"\\u005f\\u005fproto__":1}', '{"__proto\\u005f_" : 1}'],
  // Halves of characters.
  ...['{"a":"\\ud800"}', '{"\\udc00":1}', '["\\udc00\\ud83d"]', '"\ud800"', '{"\udfff":1}'],
  // Too deep.
  ...[
    '['.repeat(11) + ']'.repeat(11),
    '{"a":'.repeat(11) + 1 + '}'.repeat(11),
    `${'[{"a":'.repeat(6)}1${'}]'.repeat(6)}`,
  ],
]

/** JSON values without a name that is refused and with few enough levels. */
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 8 },
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 4 }), tie('tree'), { maxKeys: 4 }),
  ),
}))

const FRAGMENTS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '"a"',
  '"a":',
  '1',
  '\\',
  '\\u0061',
  '\\ud800',
  ' ',
  'null',
  '"b":{}',
  '\n',
]
const almostJson = fc
  .array(fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ unit: 'binary', maxLength: 2 })))
  .map((parts) => parts.join(''))

suite('strict JSON', () => {
  test('F-07: is read as JSON.parse reads it', () => {
    for (const text of ACCEPTED) assert.deepEqual(parseStrictJson(text), { value: JSON.parse(text) }, text)
    for (const spaces of [undefined, 2, '\t']) {
      fc.assert(
        fc.property(tree, (value) => {
          const text = JSON.stringify(value, null, spaces)
          assert.deepEqual(parseStrictJson(text), { value: JSON.parse(text) })
        }),
      )
    }
  })

  test('F-07: is not what other readers could understand otherwise (T49)', () => {
    for (const text of REFUSED) assert.equal(parseStrictJson(text), null, text.slice(0, 80))
    assert.equal('admin' in {}, false)
  })

  test('F-07: has 10 levels at most', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const nested = (levels: number) => parseStrictJson(`${open.repeat(levels)}1${close.repeat(levels)}`)
      assert.notEqual(nested(10), null)
      assert.equal(nested(11), null)
    }
    assert.notEqual(parseStrictJson(`[${'[[]],'.repeat(1_000)}{}]`), null)
  })

  test('F-07: is refused when a name of any object is written twice', () => {
    fc.assert(
      fc.property(tree, fc.string({ unit: 'grapheme' }), (value, name) => {
        const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`
        assert.equal(parseStrictJson(`{${member},"other":1,${member}}`), null)
        assert.equal(parseStrictJson(`{"list":[{${member},${member}}]}`), null)
      }),
    )
  })

  test('F-03: never throws, and takes nothing that JSON.parse does not take in the same way', () => {
    fc.assert(
      fc.property(almostJson, (text) => {
        const parsed = parseStrictJson(text)
        if (parsed !== null) assert.deepEqual(parsed.value, JSON.parse(text))
      }),
      { numRuns: 2_000 },
    )
  })

  test('F-03: of any depth and length is read in time that grows with it (T52)', () => {
    const size = 100_000
    const texts = [
      ...['[', '{"a":', '"', '\\', '"\\', '{', '"a":', '[[],', ' ', '"a" '].map((piece) =>
        piece.repeat(size),
      ),
      '['.repeat(size) + ']'.repeat(size),
      '{"a":'.repeat(size) + 1 + '}'.repeat(size),
      `{"${'\\\\'.repeat(size)}":1}`,
      `{"a"${' '.repeat(size)}:1}`,
      `["a"${' '.repeat(size)}]`,
      `[${'"a"    ,'.repeat(size)}1]`,
      JSON.stringify(Object.fromEntries(Array.from({ length: size }, (_, index) => [`name${index}`, index]))),
    ]
    for (const text of texts) {
      const before = process.cpuUsage()
      parseStrictJson(text)
      const { user } = process.cpuUsage(before)
      assert.ok(user < 1_000_000, `${text.slice(0, 20)} took ${user / 1000} ms`)
    }
  })
})
