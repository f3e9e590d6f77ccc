import { after, before, suite } from 'node:test'
import { testStore } from '../../src/testing/storeContract.ts'
import { describePlacesAndCaches } from '../history/servers.ts'
import { Crew } from './crew.ts'
import { testCutBus } from './cut-bus.ts'
import { StoreInTurns } from './in-turns.ts'
import { testLateRequests } from './late-requests.ts'
import { testParallelLogins } from './parallel-logins.ts'
import { testParallelWrites } from './parallel-writes.ts'

/** The longest that may be chosen. */
const TTL = 5_000

const IN_TURNS = { name: 'keep the store contract, each call in another of them' }

// Two stores at a time: each spends much of its time waiting for one process or another. Memory is not among them, as
// it belongs to one process.
suite('three processes on', { concurrency: 2 }, () => {
  describePlacesAndCaches(TTL, (make, behindCache) => {
    let crew: Crew
    before(async () => {
      crew = await Crew.start(await make())
    })
    after(() => crew.stop())
    testLateRequests(() => crew, TTL)
    testParallelWrites(() => crew)
    testParallelLogins(() => crew)
    testStore(() => StoreInTurns.empty(crew), IN_TURNS)

    behindCache(() => {
      before(() => crew.useCaches())
      testLateRequests(() => crew, TTL)
      testParallelWrites(() => crew)
      testParallelLogins(() => crew)
      testStore(() => StoreInTurns.empty(crew), IN_TURNS)
      testCutBus(() => crew, TTL)
    })
  })
})
