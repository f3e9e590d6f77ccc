import { describe, type TestContext, test } from 'node:test'
import type { Row, Store } from '../core/types.ts'
import type { Capability, ContractCase } from './contract/case.ts'
import { compareAndSwapCases } from './contract/compareAndSwap.ts'
import { createCases } from './contract/create.ts'
import { lateWriteCases } from './contract/lateWrites.ts'
import { listCases } from './contract/list.ts'
import { purgeCases } from './contract/purge.ts'
import { removeCases } from './contract/remove.ts'
import { textCases } from './contract/text.ts'

export type { Capability, ContractCase }

export interface TestStoreOptions {
  /** What the tests are grouped under. Default: `store contract`. */
  readonly name?: string
  /** What the store does without. The tests of it are skipped, and their names say so. Default: nothing. */
  readonly narrowed?: readonly Capability[]
}

/** The contract, sentence by sentence, for runners other than node:test. Each case takes an empty store. */
export const storeContract: readonly ContractCase[] = [
  ...createCases,
  ...compareAndSwapCases,
  ...removeCases,
  ...listCases,
  ...purgeCases,
  ...textCases,
  ...lateWriteCases,
]

/** Against a store that never answers. */
const CASE_TIMEOUT = 60_000

/**
 * Registers the contract that every store has to keep as tests of node:test. `make` is called once for each test and
 * gives a store that holds nothing.
 *
 * @example
 * testStore((t) => {
 *   const store = myStore()
 *   t.after(() => store.close())
 *   return store
 * })
 */
export function testStore(
  make: (t: TestContext) => Store | Promise<Store>,
  { name = 'store contract', narrowed = [] }: TestStoreOptions = {},
): void {
  const isNarrowed = ({ needs }: ContractCase) => needs !== undefined && narrowed.includes(needs)
  // describe promises to have run its tests; node:test waits for that by itself.
  void describe(name, () => {
    for (const capability of narrowed) skip(`narrowed: this store has no ${capability}`)
    for (const contractCase of storeContract) {
      if (isNarrowed(contractCase)) skip(`${contractCase.name} (skipped: it needs ${contractCase.needs})`)
      else register(contractCase, async (t) => withListFor(await make(t), narrowed))
    }
  })
}

function register({ name, run }: ContractCase, make: (t: TestContext) => Promise<Store>): void {
  void test(name, { timeout: CASE_TIMEOUT }, async (t) => run(await make(t)))
}

function skip(name: string): void {
  void test(name, { skip: true })
}

/** Tests that are not about lists look at them all the same, for rows that should not be there. */
function withListFor(store: Store, narrowed: readonly Capability[]): Store {
  return narrowed.includes('list') ? new ListsWhatItWrote(store) : store
}

/** Finds the rows of a user by reading every key that the test has written. */
class ListsWhatItWrote implements Store {
  readonly #store: Store
  readonly #keys = new Set<string>()

  constructor(store: Store) {
    this.#store = store
  }

  read: Store['read'] = (key) => this.#store.read(key)
  remove: Store['remove'] = (keys) => this.#store.remove(keys)
  purge: Store['purge'] = (now) => this.#store.purge(now)

  write(row: Row): Promise<boolean> {
    this.#keys.add(row.key)
    return this.#store.write(row)
  }

  async list(userId: string): Promise<Row[]> {
    const rows = await Promise.all([...this.#keys].map((key) => this.#store.read(key)))
    return rows.filter((row) => row?.userId === userId).filter((row) => row !== null)
  }
}
