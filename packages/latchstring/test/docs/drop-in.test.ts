import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore } from 'latchstring/stores/memory'
import { createShop } from '../../../../docs/examples/drop-in.ts'
import { answer, Browser, json } from '../http/client.ts'
import { listen } from '../http/server.ts'
import { codesIn, rowsUnder, textOf } from './pageText.ts'

const quiet = { warn: () => {} }

test('the program of docs/drop-in.md counts visits on any store, and lists and ends sessions on one of ours', async (t) => {
  const origin = await listen(t, createShop({ ...quiet, store: memoryStore() }))
  const [laptop, phone] = [new Browser(origin), new Browser(origin)]
  await laptop.get('/')
  assert.deepEqual(answer(await laptop.get('/')), [200, { visits: 2 }])
  await laptop.post('/login')
  await phone.post('/login')
  assert.equal(Object(json(await phone.get('/devices'))).length, 2)
  assert.deepEqual(answer(await laptop.post('/log-out-others')), [200, { count: 1 }])
  assert.deepEqual(answer(await laptop.get('/')), [200, { visits: 3 }])
  assert.equal((await laptop.post('/logout')).status, 200)
  assert.equal(laptop.jar.size, 0)

  const other = new Browser(await listen(t, createShop(quiet)))
  await other.get('/')
  assert.deepEqual(answer(await other.get('/')), [200, { visits: 2 }])
})

test('each option that docs/drop-in.md names for a difference is one of session()', () => {
  const options = textOf('packages/latchstring/src/adapters/expressSession/options.ts')
  const [, members = ''] = /export interface SessionOptions {(.*?)\n}/s.exec(options) ?? []
  const ways = rowsUnder('## Deliberate differences', 'docs/drop-in.md').flatMap(([, way = '']) =>
    codesIn(way),
  )
  const names = ways.map((way) => way.split(':', 1)[0])
  assert.ok(names.length >= 10)
  assert.deepEqual(
    names.filter((name) => !new RegExp(`\\n {2}${name}\\?[:(]`).test(members)),
    [],
  )
})
