import { setImmediate as nextTurn } from 'node:timers/promises'
import { Dice } from '../fuzz/dice.ts'
import { createSite, type Site, SWEEP_EVERY } from './site.ts'

export interface Plan {
  readonly days: number
  readonly requests: number
  readonly seed: string
  /** How often to look, spread evenly. */
  readonly samples: number
}

/** What was seen at one moment, when nothing was on its way. */
export interface Sample {
  readonly requests: number
  readonly day: number
  /** Bytes. */
  readonly heap: number
  readonly timers: number
  /** Handles and requests that keep Node alive. */
  readonly resources: number
  readonly rows: number
  /** Rows that were over at the last sweep, and are there all the same. */
  readonly leftOver: number
  readonly sweeps: number
}

const DAY = 86_400_000
const BROWSERS = 200
const FIRST_USER = 1

/** Lets people come and go for so many days, and looks at the process now and then. */
export async function simulate(plan: Plan, noted: (sample: Sample) => void): Promise<void> {
  const site = createSite()
  const crowd = new Crowd(site, new Dice(plan.seed))
  const step = (plan.days * DAY) / plan.requests
  const every = Math.max(1, Math.floor(plan.requests / plan.samples))
  for (let requests = 1; requests <= plan.requests; requests++) {
    site.clock.advance(step)
    await afterSweep(site)
    await crowd.act()
    if (requests % every === 0) noted(await look(site, requests, (requests * step) / DAY))
  }
  site.auth.close()
}

async function look(site: Site, requests: number, day: number): Promise<Sample> {
  const { clock, store, timers } = site
  // To the end of the next sweep, so that what is over by now has to be gone.
  clock.advance(SWEEP_EVERY)
  await afterSweep(site)
  const leftOver = await store.leftOver()
  globalThis.gc?.()
  return {
    requests,
    day,
    heap: process.memoryUsage().heapUsed,
    timers: timers.waiting(),
    resources: process.getActiveResourcesInfo().length,
    rows: store.size,
    leftOver,
    sweeps: store.sweeps,
  }
}

/** A sweep lets others have their turn, which never comes while everybody else waits for promises alone. */
async function afterSweep({ store }: Site): Promise<void> {
  while (store.isSweeping) await nextTurn()
}

/** Browsers of a few users. Some log in and out, some are closed and forgotten, most look around. */
class Crowd {
  readonly #site: Site
  readonly #dice: Dice
  readonly #cookies = new Map<number, string>()

  constructor(site: Site, dice: Dice) {
    this.#site = site
    this.#dice = dice
  }

  async act(): Promise<void> {
    const browser = this.#dice.below(BROWSERS)
    const cookie = this.#cookies.get(browser) ?? null
    if (this.#dice.once(40)) return this.#knock()
    if (cookie === null) return this.#logIn(browser)
    if (this.#dice.once(60)) return void this.#cookies.delete(browser)
    if (this.#dice.once(50)) return this.#logOut(browser, cookie)
    if (this.#dice.once(400)) return this.#revokeOthers(browser)
    return this.#lookAround(browser, cookie)
  }

  /** A stranger with a token that nobody was given. */
  async #knock(): Promise<void> {
    const token = String(this.#dice.below(2 ** 32)).padStart(43, 'A')
    await this.#site.request(token, (request) => request.session?.userId)
  }

  async #logIn(browser: number): Promise<void> {
    const { auth } = this.#site
    const user = { id: this.#userOf(browser), username: `user ${browser}` }
    const token = await this.#site.request(null, (request) =>
      auth.generateSession(request, user, { remember: this.#dice.once(10) }),
    )
    if (token !== null) this.#cookies.set(browser, token)
  }

  async #logOut(browser: number, cookie: string): Promise<void> {
    await this.#site.request(cookie, (request) => this.#site.auth.endSession(request))
    this.#cookies.delete(browser)
  }

  async #revokeOthers(browser: number): Promise<void> {
    await this.#site.auth.sessions.revokeAll(this.#userOf(browser))
  }

  async #lookAround(browser: number, cookie: string): Promise<void> {
    const writes = this.#dice.once(5)
    let isKnown = false
    const token = await this.#site.request(cookie, ({ session }) => {
      isKnown = session?.userId != null
      if (writes && isKnown) Object.assign(session ?? {}, { visit: this.#dice.below(1_000) })
    })
    if (!isKnown) this.#cookies.delete(browser)
    else if (token !== null) this.#cookies.set(browser, token)
  }

  /** Two browsers each. */
  #userOf(browser: number): number {
    return FIRST_USER + (browser >> 1)
  }
}
