/** What logins rest on: who may log in, and the version of their credentials. */
export class Directory {
  readonly #versions = new Map<string, number>()
  readonly #disabled = new Set<string>()

  version(user: string): number {
    return this.#versions.get(user) ?? 1
  }

  isDisabled(user: string): boolean {
    return this.#disabled.has(user)
  }

  disable(user: string): void {
    if (this.#disabled.has(user)) return
    this.#disabled.add(user)
    this.#versions.set(user, this.version(user) + 1)
  }

  enable(user: string): void {
    if (!this.#disabled.delete(user)) return
    this.#versions.set(user, this.version(user) + 1)
  }
}
