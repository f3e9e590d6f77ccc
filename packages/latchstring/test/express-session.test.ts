import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Request } from 'express'
import { LatchstringError, type RequestSession } from 'latchstring/express'
import { Browser, json, type Reply, setCookiesOf, times } from './http/client.ts'
import { gate, type Site, startSite } from './http/server.ts'

declare module 'latchstring' {
  interface SessionData {
    cart?: string[]
    visits?: number
    note?: string | null
    nested?: { deep: { list: number[] } }
  }
}

type Step = (session: RequestSession, req: Request) => unknown

/** A browser whose every call of `step` is one request of one session, answered with what the step returns. */
interface Visitor extends Site {
  readonly browser: Browser
  step(run: Step): Promise<unknown>
  reply(run: Step): Promise<Reply>
}

async function visit(t: TestContext, options = {}): Promise<Visitor> {
  let current: Step = () => null
  const site = await startSite(t, options, (app) => {
    app.all('/step', async (req, res) => {
      const result = await current(req.session, req)
      res.json(result ?? null)
    })
    app.post('/merge', async (req, res) => {
      res.json(await codeOf(async () => Object.assign(req.session, req.body)))
    })
  })
  const browser = new Browser(site.origin)
  const reply = (run: Step) => {
    current = run
    return browser.post('/step')
  }
  return { ...site, browser, reply, step: async (run) => json(await reply(run)) }
}

const plain = (session: RequestSession): object => ({ ...session })

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  const error = await run().catch((error: unknown) => error)
  return error instanceof LatchstringError ? error.code : String(error)
}

function thrownBy(run: () => unknown): { code: string; message: string } {
  try {
    run()
  } catch (error) {
    if (error instanceof LatchstringError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('nothing was thrown')
}

suite('req.session is a plain object for the data of the application', () => {
  test('keys are kept, changed inside, and deleted', async (t) => {
    const { step } = await visit(t)
    await step((session) => {
      session.cart = ['book']
      session.nested = { deep: { list: [1] } }
      session.note = null
    })
    await step((session) => {
      session.cart?.push('pen')
      session.nested?.deep.list.push(2)
    })
    const expected = { cart: ['book', 'pen'], nested: { deep: { list: [1, 2] } }, note: null }
    assert.deepEqual(await step(plain), expected)
    await step((session) => {
      delete session.cart
      delete session.nested
    })
    assert.deepEqual(await step(plain), { note: null })
  })

  test('Object.keys, JSON.stringify, spread, in, for-in and Object.assign see the data only', async (t) => {
    const { step } = await visit(t)
    await step((session) => void Object.assign(session, { visits: 1, note: 'x' }))
    const seen = await step((session) => {
      const walked = []
      for (const key in session) walked.push(key)
      return {
        walked,
        keys: Object.keys(session),
        text: JSON.stringify(session),
        spread: { ...session },
        has: ['visits' in session, 'cart' in session, 'toString' in session, '__proto__' in session],
        own: Object.hasOwn(session, 'visits'),
      }
    })
    assert.deepEqual(seen, {
      walked: ['visits', 'note'],
      keys: ['visits', 'note'],
      text: '{"visits":1,"note":"x"}',
      spread: { visits: 1, note: 'x' },
      has: [true, false, false, false],
      own: true,
    })
  })

  test('a visitor who stores nothing gets no cookie and no row', async (t) => {
    const { reply } = await visit(t)
    const looked = await reply((session) => [session.id, session.userId, session.cart ?? null])
    assert.deepEqual(json(looked), [null, null, null])
    assert.deepEqual(setCookiesOf(looked), [])
  })

  test('a save that has nothing to store takes no cookie away, not even one that leads nowhere', async (t) => {
    const { browser, reply } = await visit(t)
    await browser.post('/login')
    const elsewhere = browser.copy()
    await elsewhere.post('/logout')
    const saved = await reply((session) => session.save())
    assert.deepEqual([saved.status, setCookiesOf(saved)], [200, []])
  })

  test('undefined deletes a key, and what JSON cannot hold is refused with the name of the key', async (t) => {
    const { step } = await visit(t)
    await step((session) => {
      session.note = 'x'
      session.visits = 1
    })
    await step((session) => void Object.assign(session, { note: undefined }))
    assert.deepEqual(await step(plain), { visits: 1 })
    const failed = await step(async (session) => {
      Object.assign(session, { note: new Map() })
      const error = await session.save().catch((error: unknown) => error)
      delete session.note
      await session.save()
      return [error instanceof LatchstringError && error.code, String(error)]
    })
    assert.match(JSON.stringify(failed), /invalid_data.*\\"note\\".*Map/)
  })
})

suite('names that belong to the session', () => {
  test('S-25, T35: assigning req.session.userId throws and names generateSession', async (t) => {
    const { step } = await visit(t)
    const errors = await step((session) => [
      thrownBy(() => Reflect.set(session, 'userId', 'root')),
      thrownBy(() => Object.assign(session, JSON.parse('{"note":"kept","userId":"root"}'))),
      thrownBy(() => Object.defineProperty(session, 'userId', { value: 'root' })),
      thrownBy(() => Reflect.deleteProperty(session, 'userId')),
    ])
    assert.ok(Array.isArray(errors))
    for (const { code, message } of errors) {
      assert.equal(code, 'reserved_key')
      assert.match(message, /req\.session\.userId.*generateSession\(req, user\)/)
    }
    assert.deepEqual(await step((session) => [session.userId, { ...session }]), [null, { note: 'kept' }])
  })

  test('S-25, T35: no other member of the session can be assigned, so that nobody fakes a login time', async (t) => {
    const { step, browser } = await visit(t)
    await browser.post('/login')
    const before = await step((session) => [session.id, session.userId, session.authentications])
    const names = ['id', 'userId', 'createdAt', 'lastSeenAt', 'authentications']
    const methods = ['save', 'reload', 'touch', 'regenerate', 'destroy', 'update']
    const codes = await step((session) =>
      [...names, ...methods].map((name) => thrownBy(() => Reflect.set(session, name, 'x')).code),
    )
    assert.deepEqual(codes, Array(11).fill('reserved_key'))
    assert.deepEqual(await step((session) => [session.id, session.userId, session.authentications]), before)
  })

  test('S-25, T35: nothing that reaches into authentications makes a login look newer', async (t) => {
    const { step, browser } = await visit(t)
    await browser.post('/login')
    const before = await step((session) => session.authentications)
    await step((session) => {
      const [first = {}] = session.authentications
      Reflect.set(first, 'at', 9e15)
      Reflect.set(session.authentications, 1, { method: 'passkey', at: 9e15 })
      session.note = 'so that the session is written'
    })
    assert.deepEqual(await step((session) => session.authentications), before)
  })

  test('S-08, T35: __proto__, constructor and prototype are refused as keys at every depth', async (t) => {
    const { step, browser } = await visit(t)
    const bodies = [
      '{"__proto__":{"admin":true}}',
      '{"constructor":{"prototype":{"admin":true}}}',
      '{"prototype":{"admin":true}}',
      '{"note":{"a":[{"__proto__":{"admin":true}}]}}',
      '{"note":{"constructor":{"prototype":{"admin":true}}}}',
    ]
    for (const body of bodies) {
      const reply = await step(async (session) => {
        const code = await codeOf(async () => Object.assign(session, JSON.parse(body)).save())
        delete session.note
        await session.save()
        return code
      })
      assert.equal(reply, 'invalid_data', body)
    }
    assert.equal(Reflect.get({}, 'admin'), undefined)
    assert.deepEqual(await step(plain), {})
    assert.equal((await browser.get('/protected')).status, 401)
  })

  test('S-08, F-07, T35: a body parsed by express.json that is assigned whole changes no prototype and no user', async (t) => {
    const { browser, step } = await visit(t)
    const attacks = [
      '{"__proto__":{"admin":true,"userId":"root"}}',
      '{"constructor":{"prototype":{"admin":true}}}',
      '{"userId":"root","note":"x"}',
      '{"authentications":[{"method":"password","at":9e15}]}',
    ]
    await browser.post('/login')
    const codes = []
    for (const attack of attacks) codes.push(json(await browser.post('/merge', attack)))
    assert.deepEqual(codes, ['invalid_data', 'invalid_data', 'reserved_key', 'reserved_key'])
    assert.equal(Reflect.get({}, 'admin'), undefined)
    assert.deepEqual(await step((session) => [session.userId, Reflect.get(session, 'admin') ?? null]), [
      'ann',
      null,
    ])
  })

  test('the prototype of req.session cannot be changed, and symbols are no keys', async (t) => {
    const { step } = await visit(t)
    await step((session) => {
      assert.throws(() => Object.setPrototypeOf(session, { admin: true }), TypeError)
      assert.throws(() => Object.preventExtensions(session), TypeError)
      assert.equal(thrownBy(() => Reflect.set(session, Symbol('x'), 1)).code, 'invalid_data')
      assert.equal(Reflect.get(session, 'admin'), undefined)
    })
  })

  test('req.session = null and req.session = {} throw and name what to do', async (t) => {
    const { step, browser } = await visit(t)
    await browser.post('/login')
    const errors = await step((_, req) => [
      thrownBy(() => Reflect.set(req, 'session', null)),
      thrownBy(() => Reflect.set(req, 'session', {})),
    ])
    assert.ok(Array.isArray(errors))
    for (const { code, message } of errors) {
      assert.equal(code, 'reserved_key')
      assert.match(message, /auth\.endSession\(req\)/)
    }
    assert.equal((await browser.get('/protected')).status, 200)
  })
})

/** Each method as a promise and as callback, and whether the handler waits for it. */
const STYLES = {
  promise: (session: RequestSession, method: Method) => session[method](),
  callback: (session: RequestSession, method: Method) =>
    new Promise<void>((resolve, reject) => {
      session[method]((error) => (error === undefined ? resolve() : reject(error)))
    }),
  'nobody waits': (session: RequestSession, method: Method) => {
    void session[method]()
  },
}
type Method = 'save' | 'reload' | 'regenerate' | 'destroy'

for (const [style, call] of Object.entries(STYLES)) {
  suite(`the methods of req.session, with ${style}`, () => {
    test('save stores the changes', async (t) => {
      const { step } = await visit(t)
      await step((session) => {
        session.note = 'saved'
        return call(session, 'save')
      })
      assert.deepEqual(await step(plain), { note: 'saved' })
    })

    test('S-03: regenerate goes on with an empty session under another token, and the old token is dead', async (t) => {
      const { step, browser } = await visit(t)
      await browser.post('/login')
      const thief = browser.copy()
      await step(async (_, req) => {
        const done = call(req.session, 'regenerate')
        await done
        assert.deepEqual({ ...req.session }, {})
        req.session.note = 'new'
      })
      assert.notEqual(browser.cookie, thief.cookie)
      assert.deepEqual(await step((session) => [session.userId, { ...session }]), [null, { note: 'new' }])
      assert.equal((await thief.get('/protected')).status, 401)
    })

    test('S-12: destroy ends the session and expires the cookie', async (t) => {
      const { browser, reply } = await visit(t)
      await browser.post('/login')
      const thief = browser.copy()
      const destroyed = await reply((session) => call(session, 'destroy'))
      assert.equal(setCookiesOf(destroyed)[0]?.attributes.get('max-age'), '0')
      assert.equal((await thief.get('/protected')).status, 401)
    })
  })
}

suite('reload and touch', () => {
  for (const style of ['promise', 'callback'] as const) {
    test(`reload with ${style} drops unsaved changes and brings those of other requests`, async (t) => {
      const { step } = await visit(t)
      await step((session) => {
        session.note = 'first'
      })
      const arrived = gate()
      const written = gate()
      const reloading = step(async (_, req) => {
        req.session.visits = 7
        arrived.open()
        await written.opened
        await STYLES[style](req.session, 'reload')
        return { ...req.session }
      })
      await arrived.opened
      await step((session) => {
        session.note = 'second'
      })
      written.open()
      assert.deepEqual(await reloading, { note: 'second' })
    })
  }

  test('touch counts a request as activity even if the last one was a moment ago', async (t) => {
    const { step, clock } = await visit(t, { idleTimeout: '10m' })
    await step((session) => {
      session.note = 'x'
    })
    const at = async () => Number(await step((session) => session.lastSeenAt))
    const first = await at()
    clock.advance(1_000)
    assert.equal(await at(), first)
    await step((session) => session.touch())
    assert.equal(await at(), first + 1_000)
  })
})

suite('changes around a save', () => {
  test('S-14: what changes while a save is on its way is stored as well, also inside objects', async (t) => {
    const { step } = await visit(t)
    await step(async (session) => {
      session.cart = ['a']
      const saving = session.save()
      session.cart.push('b')
      session.visits = 1
      await saving
      session.cart.push('c')
      await session.save()
      session.visits++
      session.cart.push('d')
    })
    assert.deepEqual(await step(plain), { cart: ['a', 'b', 'c', 'd'], visits: 2 })
  })

  test('S-14: many saves of one request that nobody waits for keep every change', async (t) => {
    const { step } = await visit(t)
    await step(async (session) => {
      session.cart = []
      for (let index = 0; index < 20; index++) {
        session.cart.push(String(index))
        void session.save()
        if (index % 3 === 0) await turn()
      }
    })
    assert.deepEqual(await step(plain), { cart: Array.from({ length: 20 }, (_, index) => String(index)) })
  })

  test('update computes from the newest value', async (t) => {
    const { step } = await visit(t)
    await step((session) => session.update('visits', (visits = 0) => visits + 1))
    await step((session) => {
      session.update('visits', (visits = 0) => visits + 1)
      session.update('visits', (visits = 0) => visits * 10)
    })
    assert.deepEqual(await step(plain), { visits: 20 })
    await step((session) => session.update('visits', () => undefined))
    assert.deepEqual(await step(plain), {})
  })
})

suite('parallel requests of one session', () => {
  const ALL = 50

  async function startWriter(t: TestContext): Promise<Browser> {
    const { origin } = await startSite(t, {}, (app) => {
      app.post('/set/:key', async (req, res) => {
        Object.assign(req.session, { [req.params.key]: true })
        await turn()
        res.json({})
      })
      app.post('/increment', async (req, res) => {
        req.session.update('visits', (visits = 0) => visits + 1)
        await turn()
        res.json({})
      })
      app.get('/data', (req, res) => res.json(req.session))
    })
    const browser = new Browser(origin)
    await browser.post('/login')
    return browser
  }

  test('S-14, T34: 50 parallel requests that write 50 keys lose none', async (t) => {
    const browser = await startWriter(t)
    const replies = await times(ALL, (index) => browser.copy().post(`/set/key${index}`))
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
    const data = json(await browser.get('/data'))
    const keys = Array.from({ length: ALL }, (_, index): [string, true] => [`key${index}`, true])
    assert.deepEqual(data, { username: 'Ann', ...Object.fromEntries(keys) })
  })

  test('S-14: 50 parallel increments by update count to 50', async (t) => {
    const browser = await startWriter(t)
    await times(ALL, () => browser.copy().post('/increment'))
    assert.deepEqual(json(await browser.get('/data')), { username: 'Ann', visits: ALL })
  })
})
