import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import { errorWith } from '../../../test/support.ts'
import { fakeClock, fakeTimers } from '../../testing/clock.ts'
import { type PwnedPasswordsOptions, pwnedPasswords } from './breach.ts'

const PASSWORD = 'correct horse battery staple'
const DIGEST = hash('sha1', PASSWORD, 'hex').toUpperCase()
const SUFFIX = DIGEST.slice(5)

async function listen(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `http://127.0.0.1:${address.port}/range/`
}

/** A service whose every range has these lines, with the requests that it got. */
async function serviceWith(t: TestContext, lines: readonly string[]) {
  const requests: IncomingMessage[] = []
  const url = await listen(t, (request, response) => {
    requests.push(request)
    response.end(lines.join('\r\n'))
  })
  return { url, requests }
}

suite('the look-up in Pwned Passwords', () => {
  test('finds a password among the suffixes of its range (P-06)', async (t) => {
    const others = ['0018A45C4D1DEF81644B54AB7F969B88D65:1', '00D4F6E8FA6EECAD2A3AA415EEC418D38EC:2']
    const { url } = await serviceWith(t, [...others, `${SUFFIX}:37`])
    assert.equal(await pwnedPasswords({ url })(PASSWORD), true)
    assert.equal(await pwnedPasswords({ url })(`${PASSWORD}!`), false)
  })

  test('takes padding for nothing, and small letters for large ones (P-06)', async (t) => {
    const padded = await serviceWith(t, [`${SUFFIX}:0`])
    assert.equal(await pwnedPasswords({ url: padded.url })(PASSWORD), false)
    const small = await serviceWith(t, [`${SUFFIX.toLowerCase()}:1`])
    assert.equal(await pwnedPasswords({ url: small.url })(PASSWORD), true)
  })

  test('tells five digits of a digest and nothing else (P-06)', async (t) => {
    const { url, requests } = await serviceWith(t, [])
    await pwnedPasswords({ url })(PASSWORD)
    const [request] = requests
    assert.equal(requests.length, 1)
    assert.equal(request?.url, `/range/${DIGEST.slice(0, 5)}`)
    assert.equal(request?.headers['add-padding'], 'true')
    const sent = `${request?.url}${JSON.stringify(request?.rawHeaders)}`
    for (const secret of [PASSWORD, SUFFIX, SUFFIX.toLowerCase()]) assert.ok(!sent.includes(secret))
  })

  test('cannot tell when the service fails, redirects or is not there (P-06)', async (t) => {
    const failing = await listen(t, (_, response) => void response.writeHead(503).end())
    await assert.rejects(pwnedPasswords({ url: failing })(PASSWORD), /status 503/)
    const elsewhere = await listen(t, ({ url }, response) => {
      if (url === '/') response.end(`${SUFFIX}:1`)
      else response.writeHead(302, { Location: '/' }).end()
    })
    await assert.rejects(pwnedPasswords({ url: elsewhere })(PASSWORD))
    await assert.rejects(pwnedPasswords({ url: 'http://127.0.0.1:1/range/' })(PASSWORD))
  })

  test('cannot tell after a second, and lets go of the connection (P-06)', async (t) => {
    const clock = fakeClock()
    let asked: () => void = () => {}
    const arrived = new Promise<void>((resolve) => (asked = resolve))
    let closed: Promise<unknown> = Promise.resolve()
    const url = await listen(t, (request) => {
      closed = once(request.socket, 'close')
      asked()
    })
    const isBreached = pwnedPasswords({ url, timers: fakeTimers(clock) })(PASSWORD)
    await arrived
    clock.advance(1_000)
    await assert.rejects(isBreached, /no answer within 1000 ms/)
    await closed
  })

  test('goes through the fetch that it is given', async () => {
    const asked: string[] = []
    const fetch = async (url: string) => {
      asked.push(url)
      return { ok: true, status: 200, text: async () => `${SUFFIX}:1` }
    }
    assert.equal(await pwnedPasswords({ fetch })(PASSWORD), true)
    assert.deepEqual(asked, [`https://api.pwnedpasswords.com/range/${DIGEST.slice(0, 5)}`])
  })

  test('refuses options that cannot be meant', () => {
    const wrong: unknown[] = [
      { url: 'https://example.test/range' },
      { url: 'file:///etc/' },
      { url: 'https:// /' },
      { url: 5 },
      { timeout: 'soon' },
      { timeout: '60d' },
      { fetch: 1 },
      { timers: {} },
      { key: 'x' },
    ]
    for (const options of wrong) {
      const given: PwnedPasswordsOptions = JSON.parse(JSON.stringify(options))
      assert.throws(() => pwnedPasswords(given), errorWith('invalid_option'))
    }
  })
})
