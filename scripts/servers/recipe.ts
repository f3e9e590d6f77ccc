import type { ServerKind } from './kinds.ts'
import type { Workplace } from './workplace.ts'

/** How one kind of server is found, installed and started. */
export interface Recipe {
  readonly kind: ServerKind
  readonly programs: readonly string[]
  /** The package of Debian and Ubuntu that brings the programs. */
  readonly debianPackage: string
  /** The quickest way to end it that leaves nothing behind. */
  readonly stopSignal: NodeJS.Signals
  /** Resolves to the URL once the server takes commands. */
  readonly start: (workplace: Workplace) => Promise<string>
}
