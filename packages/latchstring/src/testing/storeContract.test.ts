import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { LatchstringError } from '../core/errors.ts'
import type { Row, Store } from '../core/types.ts'
import { type ContractCase, storeContract, testStore } from './storeContract.ts'

/** A right store, in a form whose parts are easy to break. */
class PlainStore implements Store {
  readonly rows = new Map<string, Row>()

  all(): Row[] {
    return [...this.rows.values()]
  }

  async read(key: string): Promise<Row | null> {
    return this.rows.get(key) ?? null
  }

  async write(row: Row): Promise<boolean> {
    if ((this.rows.get(row.key)?.version ?? 0) !== row.version - 1) return false
    this.rows.set(row.key, row)
    return true
  }

  async remove(keys: readonly string[]): Promise<number> {
    return keys.filter((key) => this.rows.delete(key)).length
  }

  async list(userId: string): Promise<Row[]> {
    return this.all().filter((row) => row.userId === userId)
  }

  async purge(now: number): Promise<number> {
    const expired = this.all().filter((row) => row.expiresAt <= now)
    return this.remove(expired.map((row) => row.key))
  }
}

class RejectsAbsentKeys extends PlainStore {
  override async read(key: string): Promise<Row | null> {
    if (!this.rows.has(key)) throw new Error('not found')
    return super.read(key)
  }
}

/** Reads of one turn share a trip, and the answers come in the order of the rows, not of the questions. */
class MixesSharedReads extends PlainStore {
  #asked: Map<string, PromiseWithResolvers<Row | null>> = new Map()

  override read(key: string): Promise<Row | null> {
    if (this.#asked.size === 0) setImmediate(() => this.#answer())
    const answer = this.#asked.get(key) ?? Promise.withResolvers<Row | null>()
    this.#asked.set(key, answer)
    return answer.promise
  }

  #answer(): void {
    const asked = this.#asked
    this.#asked = new Map()
    const rows = this.all().filter((row) => asked.has(row.key))
    for (const [index, { resolve }] of [...asked.values()].entries()) resolve(rows[index] ?? null)
  }
}

class UpsertsOnCreate extends PlainStore {
  override async write(row: Row): Promise<boolean> {
    if (row.version !== 1) return super.write(row)
    this.rows.set(row.key, row)
    return true
  }
}

class RevivesAbsentRows extends PlainStore {
  override async write(row: Row): Promise<boolean> {
    if (this.rows.has(row.key)) return super.write(row)
    this.rows.set(row.key, row)
    return true
  }
}

class ReadsThenWrites extends PlainStore {
  override async write(row: Row): Promise<boolean> {
    const stored = await this.read(row.key)
    await turn()
    if ((stored?.version ?? 0) !== row.version - 1) return false
    this.rows.set(row.key, row)
    return true
  }
}

/** Atomic when two rows are compared, but not when one is removed in between. */
class RevivesInARace extends PlainStore {
  override async write(row: Row): Promise<boolean> {
    if (!(await super.write(row))) return false
    await turn()
    this.rows.set(row.key, row)
    return true
  }
}

class IgnoresVersions extends PlainStore {
  override async write(row: Row): Promise<boolean> {
    if (this.rows.has(row.key) === (row.version === 1)) return false
    this.rows.set(row.key, row)
    return true
  }
}

class TakesAnyLaterVersion extends PlainStore {
  override async write(row: Row): Promise<boolean> {
    const stored = this.rows.get(row.key)?.version ?? 0
    if (stored === 0 ? row.version !== 1 : row.version <= stored) return false
    this.rows.set(row.key, row)
    return true
  }
}

class CutsVersionsTo32Bits extends PlainStore {
  override async write(row: Row): Promise<boolean> {
    return super.write({ ...row, version: row.version | 0 })
  }
}

class ComparesVersionsAsText extends PlainStore {
  override async write(row: Row): Promise<boolean> {
    const stored = this.rows.get(row.key)
    if (stored !== undefined && String(row.version) <= String(stored.version)) return false
    return super.write(row)
  }
}

class CountsWhatItWasAsked extends PlainStore {
  override async remove(keys: readonly string[]): Promise<number> {
    await super.remove(keys)
    return keys.length
  }
}

class CountsBeforeItRemoves extends PlainStore {
  override async remove(keys: readonly string[]): Promise<number> {
    const there = new Set(keys.filter((key) => this.rows.has(key)))
    await turn()
    await super.remove(keys)
    return there.size
  }
}

class RemovesEverythingForAnEmptyList extends PlainStore {
  override async remove(keys: readonly string[]): Promise<number> {
    return super.remove(keys.length === 0 ? [...this.rows.keys()] : keys)
  }
}

class ListsByPrefix extends PlainStore {
  override async list(userId: string): Promise<Row[]> {
    return this.all().filter((row) => row.userId?.startsWith(userId))
  }
}

/** As a database with a collation that ignores case, accents and trailing spaces. */
class ComparesUsersLoosely extends PlainStore {
  override async list(userId: string): Promise<Row[]> {
    const { compare } = new Intl.Collator('en', { sensitivity: 'base' })
    return this.all().filter((row) => compare(row.userId ?? '', userId) === 0)
  }
}

class HidesExpiredRowsFromLists extends PlainStore {
  override async list(userId: string): Promise<Row[]> {
    return (await super.list(userId)).filter((row) => row.expiresAt > 1_800_000_000_000)
  }
}

/** The index by user is written when a row is created, and never again. */
class NeverMovesTheIndex extends PlainStore {
  readonly #users = new Map<string, string | null>()

  override async write(row: Row): Promise<boolean> {
    const written = await super.write(row)
    if (written && row.version === 1) this.#users.set(row.key, row.userId)
    return written
  }

  override async list(userId: string): Promise<Row[]> {
    return this.all().filter((row) => this.#users.get(row.key) === userId)
  }
}

/** Asks who owns what, and for the rows only then. */
class ListsInTwoSteps extends PlainStore {
  override async list(userId: string): Promise<Row[]> {
    const keys = (await super.list(userId)).map(({ key }) => key)
    await turn()
    return (await super.list(userId)).filter(({ key }) => keys.includes(key))
  }
}

class IndexesLosers extends PlainStore {
  readonly #index: Row[] = []

  override async write(row: Row): Promise<boolean> {
    this.#index.push(row)
    return super.write(row)
  }

  override async list(userId: string): Promise<Row[]> {
    return this.#index.filter((row) => row.userId === userId && this.rows.has(row.key))
  }
}

class SparesTheRowThatExpiresNow extends PlainStore {
  override async purge(now: number): Promise<number> {
    return super.purge(now - 1)
  }
}

class PurgesAMillisecondEarly extends PlainStore {
  override async purge(now: number): Promise<number> {
    return super.purge(now + 1)
  }
}

class PurgesOneBatchOnly extends PlainStore {
  override async purge(now: number): Promise<number> {
    const expired = this.all().filter((row) => row.expiresAt <= now)
    return this.remove(expired.slice(0, 1_000).map((row) => row.key))
  }
}

class SelectsThenPurges extends PlainStore {
  override async purge(now: number): Promise<number> {
    const expired = this.all().filter((row) => row.expiresAt <= now)
    await turn()
    return this.remove(expired.map((row) => row.key))
  }
}

class CountsFromOne extends PlainStore {
  override async purge(now: number): Promise<number> {
    return Math.max(1, await super.purge(now))
  }
}

class PurgesByItsOwnClock extends PlainStore {
  override async purge(): Promise<number> {
    return super.purge(1_800_000_000_000)
  }
}

/** A store that spells what it is given in another way. */
class Respells extends PlainStore {
  readonly #respell: (row: Row) => Row
  readonly #respellKey: (key: string) => string

  constructor(respell: (row: Row) => Row, respellKey: (key: string) => string = (key) => key) {
    super()
    this.#respell = respell
    this.#respellKey = respellKey
  }

  override read(key: string): Promise<Row | null> {
    return super.read(this.#respellKey(key))
  }

  override write(row: Row): Promise<boolean> {
    return super.write({ ...this.#respell(row), key: this.#respellKey(row.key) })
  }

  override remove(keys: readonly string[]): Promise<number> {
    return super.remove(keys.map(this.#respellKey))
  }
}

/** Keys of a plain object, as a store might keep them. */
class KeepsRowsInAnObject extends PlainStore {
  readonly #object: Record<string, Row> = {}

  override async read(key: string): Promise<Row | null> {
    return this.#object[key] ?? null
  }

  override async write(row: Row): Promise<boolean> {
    if (!(await super.write(row))) return false
    this.#object[row.key] = row
    return true
  }

  override remove(keys: readonly string[]): Promise<number> {
    for (const key of keys) delete this.#object[key]
    return super.remove(keys)
  }
}

class HasNoList extends PlainStore {
  override async list(): Promise<Row[]> {
    throw new Error('this store has no list')
  }
}

testStore(() => new HasNoList(), {
  name: 'the store contract, kept by a store that says what it does without',
  narrowed: ['list', 'purge', 'compare-and-swap across processes'],
})

class RefusesPayloads extends PlainStore {
  readonly #isRefused: (payload: string) => boolean

  constructor(isRefused: (payload: string) => boolean) {
    super()
    this.#isRefused = isRefused
  }

  override async write(row: Row): Promise<boolean> {
    if (this.#isRefused(row.payload)) throw new LatchstringError('invalid_argument', 'refused')
    return super.write(row)
  }
}

const utf8 = (text: string) => Buffer.from(text).toString()
const same = (row: Row) => row

/** Each broken store, and a test of the contract that has to name the fault. */
const BROKEN: readonly [string, () => Store, RegExp][] = [
  ['rejects absent keys', () => new RejectsAbsentKeys(), /^read: a key that was never written/],
  ['mixes reads that share a trip', () => new MixesSharedReads(), /^read: parallel reads/],
  ['counts a purge of nothing', () => new CountsFromOne(), /^purge: an empty store/],
  ['overwrites on create', () => new UpsertsOnCreate(), /^create: a key that is taken is never written over/],
  ['revives absent rows', () => new RevivesAbsentRows(), /^write: over a row that was removed is refused/],
  [
    'reads, waits and writes',
    () => new ReadsThenWrites(),
    /^write: of 100 parallel compare-and-swaps on one version/,
  ],
  ['reads, waits and creates', () => new ReadsThenWrites(), /^create: of 100 parallel creates of one key/],
  ['loses increments', () => new ReadsThenWrites(), /^write: 100 parallel increments/],
  [
    'writes after a removal',
    () => new RevivesInARace(),
    /^remove: no write brings back a row .* in 150 races/,
  ],
  ['ignores versions', () => new IgnoresVersions(), /^write: a version that is not the next one/],
  [
    'takes a gap between versions',
    () => new TakesAnyLaterVersion(),
    /^write: a version that is not the next one/,
  ],
  ['cuts versions to 32 bits', () => new CutsVersionsTo32Bits(), /^write: a version too large for 32 bits/],
  ['compares versions as text', () => new ComparesVersionsAsText(), /^write: versions count on past 9/],
  [
    'counts the keys, not the rows',
    () => new CountsWhatItWasAsked(),
    /^remove: tells how many rows were there/,
  ],
  ['counts before it removes', () => new CountsBeforeItRemoves(), /^remove: of 100 parallel callers/],
  ['takes no keys for all keys', () => new RemovesEverythingForAnEmptyList(), /^remove: an empty list/],
  ['lists by prefix', () => new ListsByPrefix(), /^list: users whose ids look alike/],
  ['compares users loosely', () => new ComparesUsersLoosely(), /^list: users whose ids look alike/],
  ['hides expired rows', () => new HidesExpiredRowsFromLists(), /^list: every row of the user/],
  ['keeps the first user in the index', () => new NeverMovesTheIndex(), /^list: a write that moves a row/],
  ['lists in two steps', () => new ListsInTwoSteps(), /^list: while rows take the place/],
  ['indexes refused rows', () => new IndexesLosers(), /^create: of 100 parallel creates of one key/],
  ['purges too late', () => new SparesTheRowThatExpiresNow(), /^purge: a row that expires now/],
  ['purges too early', () => new PurgesAMillisecondEarly(), /^purge: a row that expires now/],
  ['purges one batch', () => new PurgesOneBatchOnly(), /^purge: removes and counts 2,500/],
  [
    'selects, waits and purges',
    () => new SelectsThenPurges(),
    /^purge: a row that a parallel write prolonged/,
  ],
  ['purges by its own clock', () => new PurgesByItsOwnClock(), /^purge: goes by the time it is given/],
  [
    'ignores the case of keys',
    () => new Respells(same, (key) => key.toLowerCase()),
    /^text: keys that differ/,
  ],
  ['trims keys', () => new Respells(same, (key) => key.trimEnd()), /^text: keys that differ/],
  ['cuts keys', () => new Respells(same, (key) => key.slice(0, 255)), /^text: hostile keys/],
  ['ends keys at NUL', () => new Respells(same, (key) => key.split('\0', 1).join()), /^text: hostile keys/],
  ['replaces lone surrogates', () => new Respells(same, utf8), /^text: what is no well-formed Unicode/],
  ['keeps rows in an object', () => new KeepsRowsInAnObject(), /^text: hostile keys/],
  [
    'cuts payloads to 64 KiB',
    () => new Respells((row) => ({ ...row, payload: row.payload.slice(0, 65_536) })),
    /^text: a payload of 1 MiB/,
  ],
  [
    'knows no character beyond U+FFFF',
    () =>
      new Respells((row) => ({ ...row, payload: row.payload.replaceAll(/[\u{10000}-\u{10FFFF}]/gu, '?') })),
    /^text: hostile payloads/,
  ],
  [
    'ends payloads at NUL',
    () => new Respells((row) => ({ ...row, payload: row.payload.split('\0', 1).join() })),
    /^text: hostile payloads/,
  ],
  [
    'refuses payloads with line ends',
    () => new RefusesPayloads((payload) => payload.includes('\r\n')),
    /^text: hostile payloads/,
  ],
  [
    'expires at most in 2038',
    () => new Respells((row) => ({ ...row, expiresAt: row.expiresAt | 0 })),
    /^read: numbers/,
  ],
  [
    'takes nobody for a user',
    () => new Respells((row) => ({ ...row, userId: row.userId ?? '' })),
    /^read: a row without/,
  ],
  [
    'adds a field',
    () => new Respells((row) => Object.assign({ updatedAt: 0 }, row)),
    /^read: a row comes back/,
  ],
]

async function isKept(contractCase: ContractCase, store: Store): Promise<boolean> {
  return contractCase.run(store).then(
    () => true,
    () => false,
  )
}

function casesNamed(pattern: RegExp): readonly ContractCase[] {
  return storeContract.filter((contractCase) => pattern.test(contractCase.name))
}

describe('the store contract', () => {
  test('is kept by a store that does it right', async () => {
    for (const contractCase of storeContract) await contractCase.run(new PlainStore())
  })

  test('is kept by a store that refuses payloads with NUL', async () => {
    const refusesNul = () => new RefusesPayloads((payload) => payload.includes('\0'))
    for (const contractCase of storeContract) await contractCase.run(refusesNul())
  })

  test('has a sentence of its own for each case', () => {
    const names = storeContract.map((contractCase) => contractCase.name)
    assert.equal(new Set(names).size, names.length)
    for (const name of names) assert.match(name, /^(read|create|write|remove|list|purge|text|S-13): ./)
  })

  for (const [fault, make, named] of BROKEN) {
    test(`finds a store that ${fault}`, async () => {
      const cases = casesNamed(named)
      assert.equal(cases.length, 1, `${named} names one case`)
      for (const contractCase of cases)
        assert.equal(await isKept(contractCase, make()), false, contractCase.name)
    })
  }

  test('has no case that finds no fault', async () => {
    const idle: string[] = []
    for (const contractCase of storeContract) {
      const kept = await Promise.all(BROKEN.map(([, make]) => isKept(contractCase, make())))
      if (!kept.includes(false)) idle.push(contractCase.name)
    }
    assert.deepEqual(idle, [])
  })

  test('says with each case what a store may do without', () => {
    const about = new Map<string, number>()
    for (const { needs = 'nothing' } of storeContract) about.set(needs, (about.get(needs) ?? 0) + 1)
    assert.deepEqual([...about.keys()].toSorted(), ['list', 'nothing', 'purge'])
    const unconditional = storeContract.filter(({ needs }) => needs === undefined)
    for (const { name } of unconditional) assert.doesNotMatch(name, /^(list|purge|S-13):/)
  })
})
