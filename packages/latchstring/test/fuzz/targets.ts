import { FORM_BODIES, JSON_BODIES } from './bodies.ts'
import { COOKIE_HEADERS } from './cookies.ts'
import { STORED_PAYLOADS } from './payloads.ts'
import type { Target } from './target.ts'
import {
  ACCEPT_LANGUAGES,
  CLIENT_ADDRESSES,
  EMAIL_ADDRESSES,
  REQUEST_PATHS,
  RETURN_PATHS,
  SIGNED_COOKIES,
  STORED_HASHES,
  USER_AGENTS,
} from './texts.ts'

/** Everything that strangers may choose, and what they may have left in a store. */
export const TARGETS: readonly Target[] = [
  COOKIE_HEADERS,
  JSON_BODIES,
  FORM_BODIES,
  STORED_PAYLOADS,
  RETURN_PATHS,
  EMAIL_ADDRESSES,
  USER_AGENTS,
  ACCEPT_LANGUAGES,
  CLIENT_ADDRESSES,
  REQUEST_PATHS,
  STORED_HASHES,
  SIGNED_COOKIES,
]
