import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'

/** Every default of ours given back for that of express-session: see the table in docs/drop-in.md. */
const dropInMemoryAsBefore: Contestant = (work) =>
  dropInServer(work, {
    cookie: { sameSite: false, secure: false },
    idleTimeout: false,
    absoluteTimeout: false,
    ids: 'raw',
    failOpen: true,
    requireSecret: false,
    warn: () => {},
  })

export default dropInMemoryAsBefore
