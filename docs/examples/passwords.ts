import bcrypt from 'bcryptjs'
import { type AccountsFeature, accounts, parseEmail, type Users } from 'latchstring/accounts'

/** Accounts that also take the bcrypt hashes of the old system. */
export function accountsWithOldHashes(users: Users): AccountsFeature {
  return accounts({ users, passwords: { bcrypt } })
}

/** Accounts whose hashes nobody can try out without the keys. The newest key is the first. */
export function accountsWithKeys(users: Users, keys: readonly string[]): AccountsFeature {
  return accounts({ users, passwords: { keys } })
}

export interface OldUser {
  readonly email: string
  readonly isVerified: boolean
  /** As the old system stored it: bcrypt, argon2id, scrypt or PBKDF2. */
  readonly hash: string
}

/** Moves users with their hashes, and returns those whose address is none, or is taken. */
export async function moveUsers(users: Users, oldUsers: readonly OldUser[]): Promise<OldUser[]> {
  const left: OldUser[] = []
  for (const oldUser of oldUsers) {
    if (!(await moveUser(users, oldUser))) left.push(oldUser)
  }
  return left
}

async function moveUser(users: Users, { email, isVerified, hash }: OldUser): Promise<boolean> {
  const identifier = parseEmail(email)
  if (identifier === null) return false
  const now = Date.now()
  const newUser = { email: identifier, username: null, passwordHash: hash, createdAt: now }
  const outcome = await users.create(newUser)
  if (outcome.kind !== 'created') return false
  const { id, credentialVersion } = outcome.user
  if (isVerified) await users.update(id, credentialVersion, { emailVerifiedAt: now })
  return true
}
