import type { Request } from 'express'
import { HttpError } from './http/errors.ts'

declare module 'latchstring' {
  interface SessionData {
    /** What to tell the user on the next page, once. */
    notice?: string
  }
}

/** Whose session this is, in a handler behind `authenticate`. */
export function currentSession(request: Request): { userId: number; id: string } {
  const { userId, id } = request.session
  if (typeof userId === 'number' && id !== null) return { userId, id }
  throw new HttpError(401, 'not_authenticated', 'Not authenticated')
}

export function leaveNotice(request: Request, notice: string): void {
  request.session.notice = notice
}

export function takeNotice(request: Request): string | undefined {
  const { notice } = request.session
  if (notice !== undefined) delete request.session.notice
  return notice
}
