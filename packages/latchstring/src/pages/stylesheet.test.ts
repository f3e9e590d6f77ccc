import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { STYLESHEET, stylesheetPath } from './stylesheet.ts'

suite('the stylesheet', () => {
  test('is small, and loads nothing', () => {
    assert.ok(Buffer.byteLength(STYLESHEET) < 8 * 1024)
    assert.doesNotMatch(STYLESHEET, /url\(|@import|https?:/)
  })

  test('has a name that changes with its content', () => {
    assert.match(stylesheetPath(STYLESHEET), /^\/latchstring-[0-9a-f]{12}\.css$/)
    assert.equal(stylesheetPath(STYLESHEET), stylesheetPath(STYLESHEET))
    assert.notEqual(stylesheetPath(STYLESHEET), stylesheetPath(`${STYLESHEET} `))
  })

  test('has a dark side, respects those who want no motion, and shows the focus', () => {
    assert.match(STYLESHEET, /prefers-color-scheme: dark/)
    assert.match(STYLESHEET, /prefers-reduced-motion/)
    assert.match(STYLESHEET, /:focus-visible \{ outline: /)
  })

  test('uses every colour that it names, and names every colour that it uses', () => {
    const named = new Set([...STYLESHEET.matchAll(/(--[a-z-]+):/g)].map(([, name]) => name))
    const used = new Set([...STYLESHEET.matchAll(/var\((--[a-z-]+)\)/g)].map(([, name]) => name))
    assert.deepEqual([...named].sort(), [...used].sort())
  })
})
