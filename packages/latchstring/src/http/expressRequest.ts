declare global {
  namespace Express {
    /** What `req.session` is, by adapter: each adds its own, so that a program may import two of them. */
    interface LatchstringSessions {}
  }
}

type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  member: infer Both,
) => void
  ? Both
  : never

/** The type of `req.session` in a program: what the adapters that it imports give together. */
export type SessionOfRequest = Intersection<Express.LatchstringSessions[keyof Express.LatchstringSessions]>
