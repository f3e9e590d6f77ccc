import { describe, type TestContext, test } from 'node:test'
import type { Store } from '../core/types.ts'
import type { ContractCase } from './contract/case.ts'
import { compareAndSwapCases } from './contract/compareAndSwap.ts'
import { createCases } from './contract/create.ts'
import { lateWriteCases } from './contract/lateWrites.ts'
import { listCases } from './contract/list.ts'
import { purgeCases } from './contract/purge.ts'
import { removeCases } from './contract/remove.ts'
import { textCases } from './contract/text.ts'

export type { ContractCase }

export interface TestStoreOptions {
  /** What the tests are grouped under. Default: `store contract`. */
  readonly name?: string
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
  { name = 'store contract' }: TestStoreOptions = {},
): void {
  // describe promises to have run its tests; node:test waits for that by itself.
  void describe(name, () => {
    for (const { name, run } of storeContract) {
      void test(name, { timeout: CASE_TIMEOUT }, async (t) => run(await make(t)))
    }
  })
}
