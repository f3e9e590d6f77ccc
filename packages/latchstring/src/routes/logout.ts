import { note } from '../auth/note.ts'
import { clearSiteHeaders } from './clearSite.ts'
import { done } from './reply.ts'
import type { Routes } from './router.ts'

export const logoutRoutes: Routes = {
  '/logout': {
    POST: async ({ accounts }, { visitor }) => {
      const { exchange } = visitor
      // While the session is unknown, ending it fails and says so.
      const { userId, id } = exchange.status === 'active' ? exchange.session : { userId: null, id: null }
      exchange.end('logged_out')
      await exchange.saveSoon()
      if (userId !== null) note(accounts, visitor, userId, 'logout', id)
      const next = { location: '/', notice: 'loggedOut' } as const
      return done({ message: 'Logged out' }, next, { headers: clearSiteHeaders(exchange) })
    },
  },
}
