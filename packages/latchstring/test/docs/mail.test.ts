import assert from 'node:assert/strict'
import { json } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { apiMail, MAIL_TEXTS, smtpMail } from '../../../../docs/examples/mail.ts'
import { startMailServer } from '../../../../examples/app/src/testing/mailServer.ts'
import { ANNA, startAccounts } from '../accounts/site.ts'
import { listen } from '../http/server.ts'

const HELLO = { to: 'anna@example.test', subject: 'Hello', text: 'Hello, Anna.' }

test('the first function of docs/mail.md sends by SMTP', async (t) => {
  const { url, received } = await startMailServer(t)
  await smtpMail(url)(HELLO)
  assert.match(received.join(), /^From: Acme <hello@acme\.example>\r\nTo: anna@example\.test\r\n/m)
})

interface MailService {
  readonly url: string
  readonly received: unknown[]
}

/** A mail service that is down for the first request, and then takes everything. */
async function startMailService(t: TestContext): Promise<MailService> {
  const received: unknown[] = []
  let isDown = true
  const url = await listen(t, async (request, response) => {
    if (!isDown) received.push({ key: request.headers.authorization, mail: await json(request) })
    response.writeHead(isDown ? 503 : 202).end()
    isDown = false
  })
  return { url, received }
}

test('the second function of docs/mail.md sends by HTTP, and again what was not taken', async (t) => {
  const { url, received } = await startMailService(t)
  const site = await startAccounts(t, { account: { mail: apiMail(url, 'secret') } })
  assert.equal((await site.browser().post('/signup', ANNA)).status, 201)
  await site.auth.settled()
  const [first, ...others]: { key?: unknown; mail?: { to?: unknown } }[] = Object(received)
  assert.deepEqual([first?.key, first?.mail?.to, others.length], ['Bearer secret', ANNA.email, 0])
})

test('the texts of docs/mail.md stand in a mail, with the link that works', async (t) => {
  const site = await startAccounts(t, { account: { appName: 'Acme', mailTexts: MAIL_TEXTS } })
  await site.member()
  await site.browser().post('/password/forgot', { email: ANNA.email })
  const token = await site.mailedToken(ANNA.email)
  const { subject, text } = (await site.mails()).at(-1) ?? {}
  assert.equal(subject, 'Your way back in')
  assert.match(text ?? '', /^Forgot your Acme password\? [^\n]+\n\nhttps:[^\n]+\n\nYou have 30 minutes\. /)
  const reset = { token, newPassword: 'a quite different passphrase' }
  assert.equal((await site.browser().post('/password/reset', reset)).status, 200)
})
