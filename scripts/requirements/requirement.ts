/** Something that has to hold, in our own words. */
export interface Requirement {
  readonly id: string
  readonly text: string
  /** Why there is no test of it. A requirement without a reason needs one. */
  readonly reason?: string
}

/** A requirement of OWASP ASVS 5.0. */
export interface AsvsRequirement extends Requirement {
  readonly level: 1 | 2 | 3
  /** The requirements of ours whose tests show it. */
  readonly by: readonly string[]
}
