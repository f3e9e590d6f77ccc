import type { Server } from 'node:http'
import session, { type SessionOptions } from 'latchstring/express-session'
import type { Work } from '../work.ts'
import { applicationOn, COMMON_OPTIONS } from './_expressSession.ts'

/** The application written for express-session on what takes its place: only the import is another. */
export function dropInServer(work: Work, options: SessionOptions): Server {
  return applicationOn(session({ ...COMMON_OPTIONS, ...options }), work)
}
