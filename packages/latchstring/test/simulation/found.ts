/** A schedule that has broken a promise. The seed gives it only as long as the simulation asks chance the same questions. */
export interface Found {
  readonly seed: number
  /** What holds now. */
  readonly what: string
}

/** The same is tested call by call in core/login.test.ts, and of the last two in stores/redis.test.ts and core/renew.test.ts. */
export const FOUND: readonly Found[] = [
  {
    // The new token of a request that was on its way brought the session back.
    seed: 73,
    what: 'a session that is revoked while its token is being rotated stays revoked',
  },
  {
    // The closed row had left its user's list before the list showed the new one: the log-out found nothing to end.
    seed: 933,
    what: 'whoever ends a session finds the row that a rotation makes while the rows are listed',
  },
  {
    // The login found its session gone, and did not ask where to. The user had one session more than the limit allowed.
    seed: 79,
    what: 'a login ends the session before it also when another request has rotated that one',
  },
  {
    // The second login counted as one of the same user, and took over what was written to the session before it.
    seed: 259,
    what: 'data of one user does not reach another who logs in twice in one request',
  },
  {
    // Each of two lists met a rotation: it had asked who owns what before there was a new row, and read the old one
    // when it was closed. All sessions were revoked, and one lived on.
    seed: 125_636,
    what: 'whoever revokes all sessions finds one whose token is replaced twice meanwhile',
  },
  {
    // The write was sent twice, and refused the second time. The renewal took its own successor back.
    seed: 20_280_225,
    what: 'a renewal whose write was sent twice ends no session',
  },
  {
    seed: 1033116377,
    what: 'a renewal that came to nothing leaves a row that nobody reaches, and takes nothing from the session',
  },
]
