import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { html } from './html.ts'

suite('the html tag', () => {
  test('escapes every value, also inside an attribute', () => {
    const attack = `"><script>alert('&')</script>`
    assert.equal(
      html`<a title="${attack}">`.text,
      '<a title="&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;">',
    )
  })

  test('leaves alone what it made itself, also in a list', () => {
    const items = ['<a>', '<b>'].map((name) => html`<li>${name}</li>`)
    assert.equal(html`<ul>${items}</ul>`.text, '<ul><li>&lt;a&gt;</li><li>&lt;b&gt;</li></ul>')
  })

  test('writes nothing for what is missing, and zero for zero', () => {
    assert.equal(html`[${null}${undefined}${false}${0}]`.text, '[0]')
  })
})
