import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { sampleContext } from '../../../test/pages-support.ts'
import { outboxPage } from './outbox.ts'

const BASE = 'http://localhost:3000'

function linksIn(text: string, baseUrl = BASE): string[] {
  const mail = { to: 'ann@example.com', subject: 'Hello', text, at: '2026-11-23T21:16:00.000Z' }
  const document = outboxPage(sampleContext('en'), { mails: [mail], baseUrl })
  const [, article = ''] = document.split('<p class="mail">')
  return [...article.matchAll(/<a href="([^"]*)">([^<]*)<\/a>/g)].map(([, href = '', shown = '']) => {
    assert.equal(href, shown)
    return href
  })
}

suite('a mail in the outbox', () => {
  test('has links that lead to this application', () => {
    const link = `${BASE}/password/reset?token=a-b_C`
    assert.deepEqual(linksIn(`Open this:\n\n${link}\n\nThanks`), [link])
    assert.deepEqual(linksIn(`First ${link}, then (${link}).`), [link, link])
  })

  test('has no link to anywhere else, however much it looks like ours', () => {
    const others = [
      'http://localhost:3000.evil.example/',
      'http://localhost:3000@evil.example/',
      'http://localhost:30001/x',
      'https://localhost:3000/x',
      'http://evil.example/http://localhost:3000/',
      'javascript:alert(1)//http:',
      'http://[',
    ]
    for (const other of others) assert.deepEqual(linksIn(other), [], other)
  })

  test('is shown as it was sent, in the order that the outbox gave', () => {
    const mails = ['newer', 'older'].map((subject) => {
      return { to: 'ann@example.com', subject, text: 'One\n\nTwo & three', at: '2026-11-23T21:16:00.000Z' }
    })
    const document = outboxPage(sampleContext('en'), { mails, baseUrl: BASE })
    assert.ok(document.indexOf('newer') < document.indexOf('older'))
    assert.ok(document.includes('<p class="mail">One\n\nTwo &amp; three</p>'))
  })
})
