import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { LANGUAGES } from '../../../test/pages-support.ts'
import { TEXTS } from './index.ts'

/** Every text with its path. A text with a number or a name in it is given a 7. */
function textsIn(value: unknown, path: string): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') {
    const text: unknown = value('7')
    assert.ok(typeof text === 'string' && text.includes('7'), `${path} says what it is given`)
    return [[path, text]]
  }
  assert.ok(typeof value === 'object' && value !== null, path)
  return Object.entries(value).flatMap(([key, part]) => textsIn(part, `${path}.${key}`))
}

/** What would not be called so by the people who speak the language, or not by us. */
const FOREIGN_WORDS = {
  en: /\be-mail|\bsign(ed|ing)? ?(in|out)\b|\blog(in|out)\b(?! details)/i,
  de: /einlogg|auslogg|\bLogin\b|\bdu\b|\bdein/i,
  es: /conéct|\busted\b|\bsu cuenta\b|\blogin\b/i,
  zh: /登入|登出|帳|郵|[你](?!们)/,
}

suite('the texts', () => {
  test('are the same in every language, and none is empty', () => {
    const paths = textsIn(TEXTS.en, '').map(([path]) => path)
    for (const language of LANGUAGES) {
      const texts = textsIn(TEXTS[language], '')
      assert.deepEqual(
        texts.map(([path]) => path),
        paths,
        language,
      )
      for (const [path, text] of texts) assert.match(text, /\S/, `${language}${path}`)
    }
  })

  test('are translated: hardly any is the same in two languages', () => {
    const english = new Map(textsIn(TEXTS.en, ''))
    const same = LANGUAGES.filter((language) => language !== 'en').flatMap((language) =>
      textsIn(TEXTS[language], '').filter(([path, text]) => english.get(path) === text),
    )
    assert.deepEqual(same, [['.layout.error', 'Error']])
  })

  test('speak of logging in and out as the language does', () => {
    for (const language of LANGUAGES)
      for (const [path, text] of textsIn(TEXTS[language], ''))
        assert.doesNotMatch(text, FOREIGN_WORDS[language], `${language}${path}`)
  })

  test('use the punctuation of their language', () => {
    for (const [path, text] of textsIn(TEXTS.zh, ''))
      assert.doesNotMatch(text, /[\u4e00-\u9fff][,.?!:;]/, path)
    for (const [path, text] of textsIn(TEXTS.es, '')) {
      assert.equal(text.includes('?'), text.includes('¿'), path)
      assert.equal(text.includes('!'), text.includes('¡'), path)
    }
  })

  test('count one as one', () => {
    for (const language of LANGUAGES) assert.doesNotMatch(TEXTS[language].problems.throttled(1), /1 min/)
  })
})
