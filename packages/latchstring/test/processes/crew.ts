import type { FaultyNetworks } from '../faults/proxy.ts'
import { type MadePlace, withFragileBus } from '../history/servers.ts'
import { Member } from './member.ts'
import { Truth } from './truth.ts'

/** Three processes on one store, and what a test wants beside them. */
export class Crew {
  readonly members: readonly [Member, Member, Member]
  readonly truth: Truth
  /** Between the caches and their bus, if there are any. */
  readonly network: FaultyNetworks | null
  readonly #made: MadePlace
  #isCached = false

  private constructor(
    members: Crew['members'],
    truth: Truth,
    network: FaultyNetworks | null,
    made: MadePlace,
  ) {
    this.members = members
    this.truth = truth
    this.network = network
    this.#made = made
  }

  static async start(made: MadePlace): Promise<Crew> {
    const { place } = made
    const truth = await Truth.open(place)
    const fragile = place.cache === undefined ? null : await withFragileBus(place.cache)
    const inTests = fragile === null ? place : { ...place, cache: fragile.cache }
    const start = () => Member.start(inTests)
    const members = await Promise.all([start(), start(), start()])
    return new Crew(members, truth, fragile?.network ?? null, made)
  }

  /** Whether each process has a cache, and may hold what another has just ended. */
  get isCached(): boolean {
    return this.#isCached
  }

  /** From now on, all processes use their caches. */
  async useCaches(): Promise<void> {
    await Promise.all(this.members.map((member) => member.ask('useCache')))
    this.#isCached = true
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()))
    await this.truth.close()
    this.network?.close()
    await this.#made.remove()
  }
}
