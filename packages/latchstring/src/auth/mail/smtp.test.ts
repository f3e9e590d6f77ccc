import assert from 'node:assert/strict'
import { createServer, type Server, type Socket } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import nodemailer from 'nodemailer'
import { errorWith } from '../../../test/support.ts'
import type { SendMail } from '../types.ts'
import { type MailTransport, nodemailerMail } from './smtp.ts'

const FROM = 'Acme <hello@acme.example>'
const HELLO = { to: 'anna@example.test', subject: 'Hello', text: 'Hello' }

/** What a mail server was told about one mail. */
interface Received {
  readonly recipients: string[]
  readonly headers: string
  readonly body: string
}

/** A mail server that takes everything, one command a line (RFC 5321). */
class TinyMailServer {
  readonly received: Received[] = []
  readonly #server: Server = createServer((socket) => this.#serve(socket))

  async listen(t: TestContext): Promise<number> {
    t.after(() => this.#server.close())
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    assert.ok(address !== null && typeof address === 'object')
    return address.port
  }

  async #serve(socket: Socket): Promise<void> {
    socket.on('error', () => {})
    socket.write('220 tiny\r\n')
    const lines = linesOf(socket)
    const recipients: string[] = []
    for await (const line of lines) {
      if (line.startsWith('RCPT TO:')) recipients.push(line.slice('RCPT TO:'.length))
      if (line === 'DATA') {
        socket.write('354 go on\r\n')
        this.received.push({ recipients, ...(await readMessage(lines)) })
      }
      socket.write(line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n')
      if (line === 'QUIT') socket.end()
    }
  }
}

async function* linesOf(socket: Socket): AsyncGenerator<string, void> {
  let text = ''
  for await (const chunk of socket) {
    const lines = (text + String(chunk)).split('\r\n')
    text = lines.pop() ?? ''
    yield* lines
  }
}

async function readMessage(lines: AsyncGenerator<string, void>): Promise<{ headers: string; body: string }> {
  const message: string[] = []
  for (
    let { value, done } = await lines.next();
    done !== true && value !== '.';
    { value, done } = await lines.next()
  ) {
    message.push(String(value))
  }
  const end = message.indexOf('')
  return { headers: message.slice(0, end).join('\r\n'), body: message.slice(end + 1).join('\r\n') }
}

/** Sends through nodemailer to a server on this machine, until the test is over. */
async function connect(t: TestContext): Promise<{ send: SendMail; received: Received[] }> {
  const server = new TinyMailServer()
  const port = await server.listen(t)
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port, ignoreTLS: true })
  t.after(() => transport.close())
  return { send: nodemailerMail(transport, { from: FROM }), received: server.received }
}

suite('a mail through nodemailer', () => {
  test('E-11: arrives as plain text, word for word, at one address', async (t) => {
    const { send, received } = await connect(t)
    const link = `https://acme.example/reset?token=${'abc='.repeat(30)}`
    const text = `Hello,\n\n${link}\n\n.\n<b>not bold</b>`
    await send({ to: 'anna@example.test', subject: 'Hello <b>', text })
    const [mail] = received
    assert.ok(mail !== undefined)
    assert.deepEqual(mail.recipients, ['<anna@example.test>'])
    assert.match(mail.headers, /^From: Acme <hello@acme\.example>$/m)
    assert.match(mail.headers, /^To: anna@example\.test$/m)
    assert.match(mail.headers, /^Subject: Hello <b>$/m)
    assert.match(mail.headers, /^Auto-Submitted: auto-generated$/m)
    assert.match(mail.headers, /^Content-Type: text\/plain; charset=utf-8$/m)
    assert.doesNotMatch(mail.headers + mail.body, /text\/html|multipart/)
    assert.equal(decoded(mail), text)
  })

  test('arrives in every script', async (t) => {
    const { send, received } = await connect(t)
    const text = '你好。\n\nGrüße – ¿qué tal?'
    await send({ ...HELLO, subject: '重置密码', text })
    const [mail] = received
    assert.ok(mail !== undefined)
    assert.match(mail.headers, /^Subject: =\?UTF-8\?/m)
    assert.equal(decoded(mail), text)
  })

  test('E-11: reads no file and no address for its text', async (t) => {
    const { send, received } = await connect(t)
    for (const text of ['/etc/passwd', 'file:///etc/passwd', 'http://127.0.0.1/'])
      await send({ ...HELLO, text })
    assert.deepEqual(
      received.map((mail) => decoded(mail).trim()),
      ['/etc/passwd', 'file:///etc/passwd', 'http://127.0.0.1/'],
    )
  })

  test('E-05: goes to nobody if it does not name exactly one address (T65)', async (t) => {
    const { send, received } = await connect(t)
    const wrong = [
      ...['', 'anna', '@example.test', 'anna@', 'a@b@example.test', 'anna@example.test, bert@example.test'],
      ...[
        'anna@example.test,bert@example.test',
        'anna@example.test;bert@example.test',
        'anna@example.test bert@c.test',
      ],
      ...[
        'Anna <anna@example.test>',
        '<anna@example.test>',
        '"anna,b"@example.test',
        'team:anna@example.test;',
      ],
      ...[
        'anna@example.test(x)',
        'anna@example.test\r\nBcc: bert@example.test',
        'anna@example.test\n',
        'an\0na@example.test',
      ],
      ...[
        'anna@example.test> ORCPT=rfc822;bert@example.test',
        'anna@example.test\u2028',
        'an\\na@example.test',
      ],
    ]
    for (const to of wrong) {
      await assert.rejects(send({ ...HELLO, to }), errorWith('invalid_argument', /one plain address/), to)
    }
    assert.deepEqual(received, [])
  })

  test('E-11: is refused with a line break in its subject, and the refusal says nothing of it (T51, T70)', async (t) => {
    const { send, received } = await connect(t)
    for (const lineBreak of ['\r\n', '\n', '\r', '\0', '\u0085']) {
      const subject = `Hello${lineBreak}Bcc: bert@example.test`
      await assert.rejects(send({ ...HELLO, subject }), {
        code: 'invalid_argument',
        message: 'a mail has a subject of one line',
      })
    }
    assert.deepEqual(received, [])
  })

  test('is rejected when the server does not take it', async () => {
    const transport: MailTransport = { sendMail: () => Promise.reject(new Error('550 no')) }
    await assert.rejects(nodemailerMail(transport, { from: FROM })(HELLO), /550 no/)
  })

  test('E-11: needs a sender of one line', () => {
    const transport: MailTransport = { sendMail: async () => {} }
    for (const from of ['', 'Acme', 'a@b.test\r\nBcc: c@d.test']) {
      assert.throws(() => nodemailerMail(transport, { from }), errorWith('invalid_option', /^from takes/))
    }
  })
})

/** The text of a mail, out of the encoding that it travelled in. */
function decoded({ headers, body }: Received): string {
  const [, encoding] = /^Content-Transfer-Encoding: (\S+)$/m.exec(headers) ?? []
  const text = body.replace(/^\.\./gm, '.').replaceAll('\r\n', '\n')
  if (encoding === 'base64') return Buffer.from(text, 'base64').toString()
  if (encoding !== 'quoted-printable') return text
  const bytes = text
    .replaceAll('=\n', '')
    .replace(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
