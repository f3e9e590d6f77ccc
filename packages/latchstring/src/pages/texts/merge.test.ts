import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { TEXTS } from './index.ts'
import { mergeTexts } from './merge.ts'

suite('texts of an application', () => {
  test('replace ours one by one, and leave the others as they are', () => {
    const title = 'Willkommen zurück'
    const merged = mergeTexts(TEXTS, { de: { login: { title } } })
    assert.equal(merged.de.login.title, title)
    assert.deepEqual(merged.de, { ...TEXTS.de, login: { ...TEXTS.de.login, title } })
    assert.deepEqual(merged.en, TEXTS.en)
  })

  test('change nothing of ours', () => {
    const before = TEXTS.en.login.title
    mergeTexts(TEXTS, { en: { login: { title: 'Welcome back' } } })
    assert.equal(TEXTS.en.login.title, before)
  })

  test('may be functions where ours are', () => {
    const merged = mergeTexts(TEXTS, { en: { home: { userTitle: (name) => `Hi ${name}!` } } })
    assert.equal(merged.en.home.userTitle('Ann'), 'Hi Ann!')
  })

  test('may name a login method of the application', () => {
    const merged = mergeTexts(TEXTS, { en: { methods: { smartcard: 'Smart card' } } })
    assert.deepEqual(merged.en.methods, { ...TEXTS.en.methods, smartcard: 'Smart card' })
  })

  test('that are undefined replace nothing', () => {
    assert.deepEqual(mergeTexts(TEXTS, { en: undefined, de: { login: { title: undefined } } }), TEXTS)
  })

  test('of another kind than ours are refused, by their name', () => {
    const wrong: [overrides: string, message: string][] = [
      ['{"en":{"login":{"title":7}}}', 'texts.en.login.title takes a string'],
      ['{"en":{"login":null}}', 'texts.en.login takes a group of texts'],
      ['{"en":{"login":"Log in"}}', 'texts.en.login takes a group of texts'],
      ['{"en":{"home":{"userTitle":"Hi"}}}', 'texts.en.home.userTitle takes a function'],
    ]
    for (const [overrides, message] of wrong)
      assert.throws(() => mergeTexts(TEXTS, JSON.parse(overrides)), { name: 'TypeError', message })
  })

  test('cannot reach the prototype of all objects', () => {
    const merged = mergeTexts(TEXTS, JSON.parse('{"en":{"__proto__":{"polluted":"yes"}}}'))
    assert.equal(Object.getPrototypeOf(merged.en), Object.prototype)
    assert.equal('polluted' in {}, false)
  })
})
