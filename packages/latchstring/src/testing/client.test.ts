import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import { rawRequest, type TestClient, type TestClientOptions, testClient } from './client.ts'
import { fakeClock } from './clock.ts'

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A client of a server that sets the cookies of the query, and answers with what it was sent. */
async function start(t: TestContext, options: Partial<TestClientOptions> = {}): Promise<TestClient> {
  const port = await serve(t, async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    const { searchParams } = new URL(`http://a${request.url}`)
    response.setHeader('Set-Cookie', searchParams.getAll('set'))
    response.setHeader('X-Repeated', ['1', '2'])
    response.statusCode = Number(searchParams.get('status') ?? 200)
    response.end(JSON.stringify({ method: request.method, headers: request.headers, body }))
  })
  const client = testClient({ port, ...options })
  t.after(() => client.close())
  return client
}

function set(client: TestClient, ...cookies: string[]) {
  return client.get(`/?${new URLSearchParams(cookies.map((cookie): [string, string] => ['set', cookie]))}`)
}

/** The cookies that the client sends. */
async function sent(client: TestClient, path = '/'): Promise<string | undefined> {
  const { json } = await client.get(path)
  return (json as { headers: { cookie?: string } }).headers.cookie
}

suite('the test client', () => {
  test('returns status, headers, text and JSON', async (t) => {
    const client = await start(t)
    const { status, headers, rawHeaders, setCookies, text, json } = await client.get('/?status=418')
    assert.equal(status, 418)
    assert.equal(headers['x-repeated'], '1, 2')
    assert.equal(rawHeaders.filter((name) => name === 'X-Repeated').length, 2)
    assert.deepEqual(setCookies, [])
    assert.deepEqual(JSON.parse(text), json)
  })

  test('sends JSON, forms and headers', async (t) => {
    const client = await start(t)
    const json = (await client.post('/', { json: { a: [1] } })).json as { headers: object; body: string }
    assert.equal(json.body, '{"a":[1]}')
    assert.equal(Reflect.get(json.headers, 'content-type'), 'application/json')
    const form = (await client.post('/', { form: { a: 'b c', d: '&' } })).json as {
      headers: object
      body: string
    }
    assert.equal(form.body, 'a=b+c&d=%26')
    assert.equal(Reflect.get(form.headers, 'content-type'), 'application/x-www-form-urlencoded')
    const own = (await client.send('DELETE', '/', { headers: { 'X-A': '1' } })).json as {
      method: string
      headers: object
    }
    assert.equal(own.method, 'DELETE')
    assert.equal(Reflect.get(own.headers, 'x-a'), '1')
  })

  test('keeps cookies, replaces them and sends them back', async (t) => {
    const client = await start(t)
    const { setCookies } = await set(client, 'a=1', 'b=2; Path=/; HttpOnly')
    assert.deepEqual(setCookies, ['a=1', 'b=2; Path=/; HttpOnly'])
    assert.equal(await sent(client), 'a=1; b=2')
    await set(client, 'a=3')
    assert.equal(await sent(client), 'a=3; b=2')
  })

  test('deletes a cookie whose time is over, by the clock it was given', async (t) => {
    const clock = fakeClock()
    const client = await start(t, { clock })
    await set(client, 'a=1', 'b=2; Max-Age=10', `c=3; Expires=${new Date(clock() + 20_000).toUTCString()}`)
    clock.advance(9_999)
    assert.equal(await sent(client), 'a=1; b=2; c=3')
    clock.advance(1)
    assert.equal(await sent(client), 'a=1; c=3')
    clock.advance(10_000)
    assert.equal(await sent(client), 'a=1')
    await set(client, 'a=; Max-Age=0')
    assert.equal(client.cookies.size, 2)
    assert.equal(await sent(client), undefined)
  })

  test('takes and sends Secure cookies only where a browser does', async (t) => {
    const secure = 'a=1; Secure'
    const clients: [options: Partial<TestClientOptions>, isKept: boolean][] = [
      [{}, true],
      [{ trustsLocalhost: false }, false],
      [{ origin: 'http://app.example' }, false],
      [{ origin: 'https://app.example' }, true],
    ]
    for (const [options, isKept] of clients) {
      const client = await start(t, options)
      await set(client, secure)
      assert.equal(await sent(client), isKept ? 'a=1' : undefined, JSON.stringify(options))
    }
  })

  test('says what a proxy says when it visits an https origin', async (t) => {
    const client = await start(t, { origin: 'https://app.example' })
    const { headers } = (await client.get('/')).json as { headers: object }
    assert.equal(Reflect.get(headers, 'host'), 'app.example')
    assert.equal(Reflect.get(headers, 'x-forwarded-proto'), 'https')
  })

  test('refuses cookies that break the rules of their prefix', async (t) => {
    const client = await start(t, { origin: 'https://app.example' })
    const refused = [
      '__Host-a=1; Path=/',
      '__Host-a=1; Secure',
      '__Host-a=1; Secure; Path=/a',
      '__Host-a=1; Secure; Path=/; Domain=app.example',
      '__host-a=1; Path=/',
      '__Secure-a=1',
      '__Http-a=1; Secure; Path=/',
      '__Host-Http-a=1; Secure; Path=/',
      'a=1; Domain=other.example',
    ]
    for (const cookie of refused) {
      await set(client, cookie)
      assert.deepEqual([...client.cookies.keys()], [], cookie)
    }
    const taken = [
      '__Host-a=1; Secure; Path=/',
      '__Secure-a=1; Secure',
      '__Host-Http-a=1; Secure; Path=/; HttpOnly',
    ]
    await set(client, ...taken)
    assert.equal(client.cookies.size, 3)
  })

  test('sends a cookie only below its path', async (t) => {
    const client = await start(t)
    await set(client, 'a=1; Path=/inner')
    assert.equal(await sent(client, '/'), undefined)
    assert.equal(await sent(client, '/innermost'), undefined)
    assert.equal(await sent(client, '/inner'), 'a=1')
    assert.equal(await sent(client, '/inner/most?x'), 'a=1')
  })
})

test('a raw request sends its bytes and returns those of the answer', async (t) => {
  const port = await serve(t, (request, response) => {
    response.end(Buffer.from(`${request.headers['x-odd']}\xff`, 'latin1'))
  })
  const answer = await rawRequest(
    port,
    'GET / HTTP/1.1\r\nHost: a\r\nX-Odd: \xa0\xe9\r\nConnection: close\r\n\r\n',
  )
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
  assert.ok(answer.endsWith('\xa0\xe9\xff'))
  assert.match(await rawRequest(port, Buffer.from('nonsense\r\n\r\n')), /^HTTP\/1\.1 400 /)
})

test('a raw request to nobody fails', async () => {
  await assert.rejects(rawRequest(1, 'GET / HTTP/1.1\r\n\r\n'), { code: 'ECONNREFUSED' })
})
