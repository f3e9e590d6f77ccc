import { LatchstringError } from '../../core/errors.ts'
import { refuseUnknownOptions } from '../../core/options.ts'
import { isAffordable, type StoredHash } from './phc.ts'

/** What a new hash costs the one who computes it. */
export interface Cost {
  /** KiB of memory. */
  readonly memory: number
  /** How often the memory is gone through. */
  readonly passes: number
}

/** Two of the choices that OWASP's Password Storage Cheat Sheet gives for argon2id. The upper one is the default. */
const FLOOR: Cost = { memory: 19_456, passes: 2 }
const FLOOR_OF_ONE_PASS: Cost = { memory: 47_104, passes: 1 }

export const SALT_BYTES = 16
export const TAG_BYTES = 32

/**
 * The cost that an option gives.
 * @throws LatchstringError `invalid_option` below the floor, or above what a stored hash may ask for.
 */
export function costOption(option: Partial<Cost> | undefined): Cost {
  if (option === undefined) return FLOOR
  refuseUnknownOptions('passwords.cost', option, ['memory', 'passes'])
  const cost: Cost = { ...FLOOR, ...option }
  const areWhole = Number.isSafeInteger(cost.memory) && Number.isSafeInteger(cost.passes)
  if (areWhole && isEnough(cost) && isAffordable(cost)) return cost
  throw new LatchstringError(
    'invalid_option',
    'passwords.cost takes whole numbers: { memory: 19456, passes: 2 } or more of either, or ' +
      '{ memory: 47104, passes: 1 }; memory is in KiB, at most 1 GiB, and at most 4 GiB over all passes',
  )
}

function isEnough(cost: Cost): boolean {
  return [FLOOR, FLOOR_OF_ONE_PASS].some(
    ({ memory, passes }) => cost.memory >= memory && cost.passes >= passes,
  )
}

/** Whether a stored hash is weaker than a new one would be. One that is stronger is left as it is. */
export function isWeaker(stored: StoredHash, cost: Cost): boolean {
  if (stored.kind !== 'argon2id') return true
  const isCheaper = stored.memory < cost.memory || stored.memory * stored.passes < cost.memory * cost.passes
  return isCheaper || stored.salt.length < SALT_BYTES || stored.tag.length < TAG_BYTES
}
