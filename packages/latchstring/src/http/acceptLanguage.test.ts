import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { pickLanguage } from './acceptLanguage.ts'

const OURS = ['en', 'de', 'es', 'zh'] as const

const PICKED: readonly (readonly [header: string | undefined, language: string])[] = [
  [undefined, 'en'],
  ['', 'en'],
  ['de', 'de'],
  ['DE', 'de'],
  ['de-CH', 'de'],
  ['zh-Hant-TW', 'zh'],
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  ['fr-CH, fr;q=0.9, es;q=0.8, de;q=0.7, *;q=0.5', 'es'],
  ['en;q=0.5, de;q=0.9', 'de'],
  ['de, es', 'de'],
  ['es;q=1.000, de;q=1', 'es'],
  ['de ; q=0.3 ,\tes;\tq=0.4', 'es'],
  ['de;Q=0.3, es;q=0.4', 'es'],
  ['fr, it;q=0.9', 'en'],
  ['*', 'en'],
  ['*, de;q=0.5', 'en'],
  ['de, *', 'de'],
  ['fr, *;q=0.1', 'en'],
  // Not wanted at all.
  ['de;q=0, es;q=0.1', 'es'],
  ['de;q=0.000', 'en'],
  ['*;q=0', 'en'],
  // Malformed: left out, and the rest counts.
  ['de;q=2, es;q=0.1', 'es'],
  ['de;q=-1, es;q=0.1', 'es'],
  ['de;q=0.1234, es;q=0.1', 'es'],
  ['de;q=1e9, es;q=0.1', 'es'],
  ['de;q=, es;q=0.1', 'es'],
  ['de;level=1, es;q=0.1', 'es'],
  ['de;q=1;q=0, es;q=0.1', 'es'],
  [';q=1,,,es', 'es'],
  // Other languages that begin alike.
  ['deu, es;q=0.1', 'es'],
  ['d, e, z', 'en'],
  ['-de', 'en'],
  ['zhx-CN', 'en'],
  ['constructor, __proto__, toString', 'en'],
]

suite('the language of a response', () => {
  for (const [header, language] of PICKED) {
    test(`is ${language} for ${header === undefined ? 'no header' : JSON.stringify(header)}`, () => {
      assert.equal(pickLanguage(header, OURS, 'en'), language)
    })
  }

  test('is the closest one that there is', () => {
    const languages = ['pt', 'pt-BR', 'zh-Hant', 'en']
    assert.equal(pickLanguage('pt-br', languages, 'en'), 'pt-BR')
    assert.equal(pickLanguage('pt-BR-abl1943', languages, 'en'), 'pt-BR')
    assert.equal(pickLanguage('pt-PT', languages, 'en'), 'pt')
    assert.equal(pickLanguage('zh', languages, 'en'), 'en')
  })

  test('F-03: is looked for in the first 1,000 characters', () => {
    assert.equal(pickLanguage(`${'fr,'.repeat(300)}de`, OURS, 'en'), 'de')
    assert.equal(pickLanguage(`${'fr,'.repeat(400)}de`, OURS, 'en'), 'en')
  })

  test('F-03: is one of ours, whatever a client sends (T51)', () => {
    const parts = fc.oneof(
      fc.constantFrom('de', 'en', ';q=', '0.', '9', ',', '-', '*', ' '),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(parts), (pieces) => {
        assert.ok(OURS.includes(pickLanguage(pieces.join(''), OURS, 'en')))
      }),
    )
  })

  test('F-03: of a header of a megabyte is found in no time (T51)', () => {
    for (const piece of [',', ';', ' ', '-', 'de,', 'de;q=0.', 'q=', 'de-', '*,', '\t']) {
      const before = process.cpuUsage()
      pickLanguage(piece.repeat(1_048_576 / piece.length), OURS, 'en')
      const { user } = process.cpuUsage(before)
      assert.ok(user < 1_000_000, `${JSON.stringify(piece)} took ${user / 1000} ms`)
    }
  })
})
