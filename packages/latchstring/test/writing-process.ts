import { Sessions } from '../src/core/sessions.ts'
import { sqliteStore } from '../src/stores/sqlite.ts'

// Writes as many keys as it is told to, each in a request of its own, all in parallel.
const [, , file = '', token = '', count = '0'] = process.argv
const store = sqliteStore(file)
const sessions = new Sessions({ store, storeTimeout: '5s' })
await Promise.all(Array.from({ length: Number(count) }, (_, index) => writeKey(`there${index}`)))
sessions.close()
store.close()

async function writeKey(key: string): Promise<void> {
  const session = await sessions.open(token)
  session.data.set(key, true)
  await sessions.commit(session)
}
