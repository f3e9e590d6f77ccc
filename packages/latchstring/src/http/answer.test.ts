import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { LatchstringError, type LatchstringErrorCode } from '../core/errors.ts'
import { errorAnswer, jsonAnswer, statusOf, withStatus } from './answer.ts'

const SECRET = 'postgres://admin:hunter2@db/app'
const errorOf = (code: LatchstringErrorCode) => new LatchstringError(code, `failed at ${SECRET}`)

suite('an answer', () => {
  test('C-09: in JSON says its length in bytes, and is kept by no cache', () => {
    const { status, headers, body } = jsonAnswer(401, { message: 'Nö' }, { 'X-A': '1' })
    assert.equal(status, 401)
    assert.equal(body, '{"message":"Nö"}')
    assert.deepEqual(headers, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': '17',
      'Cache-Control': 'no-store',
      'X-A': '1',
    })
  })

  test('P-09: to a server with too many passwords to hash is a 503 with the time to try again', () => {
    const { status, headers, body } = errorAnswer(errorOf('overloaded'))
    assert.equal(status, 503)
    assert.equal(headers['Retry-After'], '1')
    assert.deepEqual(JSON.parse(body), { message: 'Service unavailable, try again', code: 'unavailable' })
  })

  test('F-01: to a store that fails is a 503 with the time to try again', () => {
    for (const code of ['store_unavailable', 'store_full', 'conflict'] as const) {
      const { status, headers, body } = errorAnswer(errorOf(code))
      assert.equal(status, 503)
      assert.equal(headers['Retry-After'], '1')
      assert.deepEqual(JSON.parse(body), { message: 'Service unavailable, try again', code: 'unavailable' })
    }
  })

  test('F-02: to a log-out that was not stored names not_completed', () => {
    const { status, body } = errorAnswer(errorOf('not_completed'))
    assert.equal(status, 503)
    assert.equal(JSON.parse(body).code, 'not_completed')
  })

  test('F-02: to credentials that changed meanwhile is that to a wrong password', () => {
    const { status, body } = errorAnswer(errorOf('credential_changed'))
    assert.equal(status, 401)
    assert.deepEqual(JSON.parse(body), { message: 'Invalid credentials', code: 'invalid_credentials' })
  })

  test('F-03: to every other error is a 500', () => {
    const others = [
      errorOf('invalid_data'),
      errorOf('invalid_option'),
      new Error(SECRET),
      SECRET,
      undefined,
      null,
      7,
    ]
    for (const error of others) {
      const { status, body } = errorAnswer(error)
      assert.equal(status, 500)
      assert.deepEqual(JSON.parse(body), { message: 'Internal server error', code: 'internal_error' })
    }
  })

  test('F-04: tells nothing of the inside', () => {
    const codes = [
      'store_unavailable',
      'not_completed',
      'credential_changed',
      'invalid_data',
      'conflict',
    ] as const
    for (const error of [...codes.map(errorOf), new Error(SECRET)]) {
      assert.doesNotMatch(JSON.stringify(errorAnswer(error)), /hunter2|stack|node:/)
    }
  })
})

suite('an error on its way to an error handler', () => {
  test('F-01: carries the status that frameworks look for', () => {
    const error = errorOf('store_unavailable')
    assert.equal(withStatus(error), error)
    assert.equal(Reflect.get(error, 'status'), 503)
    assert.equal(statusOf(error), 503)
  })

  test('F-03: of somebody else is left as it is', () => {
    const error = Object.freeze(new Error('theirs'))
    assert.equal(withStatus(error), error)
    assert.equal(withStatus(undefined), undefined)
  })
})
