import { ACCOUNT_EDITS } from './accounts.ts'
import { DROP_IN_EDITS } from './dropIn.ts'
import type { Edit } from './edit.ts'
import { SESSION_EDITS } from './sessions.ts'
import { STORE_EDITS } from './stores.ts'
import { WEB_EDITS } from './web.ts'

/** Every edit that some test has to notice. */
export const EDITS: readonly Edit[] = [
  ...SESSION_EDITS,
  ...WEB_EDITS,
  ...ACCOUNT_EDITS,
  ...STORE_EDITS,
  ...DROP_IN_EDITS,
]
