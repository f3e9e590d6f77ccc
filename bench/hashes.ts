import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

let count = 0

/** How many passwords this process has hashed. */
export function hashCount(): number {
  return count
}

/** Before anything that hashes is imported. */
export function countHashes(): void {
  const { argon2 } = crypto
  const counted: typeof argon2 = (...args) => {
    count++
    argon2(...args)
  }
  Object.assign(crypto, { argon2: counted })
  syncBuiltinESMExports()
}
