/** What was found out a moment ago, by key. When it weighs too much, what was kept before the last half is forgotten. */
export class Recent<T> {
  readonly #limit: number
  #newer = new Map<string, T>()
  #older = new Map<string, T>()
  #weight = 0

  /** `limit`: how much all that is kept may weigh, in the unit of `set`. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): T | undefined {
    return this.#newer.get(key) ?? this.#older.get(key)
  }

  set(key: string, value: T, weight: number): void {
    if (this.#weight + weight > this.#limit / 2) this.#forgetOlder()
    this.#weight += weight
    this.#newer.set(key, value)
  }

  #forgetOlder(): void {
    this.#older = this.#newer
    this.#newer = new Map()
    this.#weight = 0
  }
}
