import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { REFUSALS, WEAKNESS_MESSAGES } from '../routes/messages.ts'
import { errorView, problemMessage } from './problems.ts'
import { TEXTS } from './texts/index.ts'

const { en } = TEXTS

suite('a refusal in words', () => {
  test('has a text of its own for every code of the routes and every weakness of a password', () => {
    const codes = [...Object.keys(REFUSALS), ...Object.keys(WEAKNESS_MESSAGES)]
    const others = [
      'invalid_input',
      'cross_origin',
      'session_limit',
      'not_completed',
      'unavailable',
      'internal_error',
    ]
    for (const code of [...codes, ...others])
      assert.notEqual(problemMessage(en, code, { minLength: 15 }), en.problems.unknown, code)
  })

  test('tells how long to wait in whole minutes, never too few', () => {
    const told = (retryAfter: number) => problemMessage(en, 'throttled', { retryAfter })
    assert.match(told(0), /in a minute/)
    assert.match(told(60), /in a minute/)
    assert.match(told(61), /in 2 minutes/)
    assert.match(told(3600), /in 60 minutes/)
    assert.match(problemMessage(en, 'throttled'), /in a minute/)
  })

  test('tells how long a password has to be, if that is known', () => {
    assert.match(problemMessage(en, 'too_short', { minLength: 20 }), /20 characters/)
    assert.equal(problemMessage(en, 'too_short'), en.problems.unknown)
  })

  test('is a plain sentence for a code that we do not know', () => {
    for (const code of ['', 'toString', '__proto__', '<script>'])
      assert.equal(problemMessage(en, code), en.problems.unknown, code)
  })

  test('has a page with a title that fits the status, and a way on', () => {
    const link = { text: en.links.home, href: '/' }
    assert.deepEqual(errorView(en, 404, 'Gone'), { title: en.errors[404], text: 'Gone', link })
    assert.deepEqual(errorView(en, 418, 'Teapot'), { title: en.errors.other, text: 'Teapot', link })
  })
})
