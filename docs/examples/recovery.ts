import type { RequestHandler } from 'express'
import type { Users } from 'latchstring/accounts'

/** Lets those pass who have proved their email address. Mount it behind `auth.authenticate`. */
export function requireVerified(users: Users): RequestHandler {
  return async (req, res, next) => {
    const { userId } = req.session
    const user = userId === null ? null : await users.find(userId)
    if (user !== null && user.emailVerifiedAt !== null) return next()
    res.status(403).json({ message: 'Confirm your email address first', code: 'email_not_verified' })
  }
}
