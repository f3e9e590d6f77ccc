import { type Request, Router } from 'express'
import type { Auth, UserId } from 'latchstring/express'

/** The devices of whoever asks, for an application with users and pages of its own. */
export function devices(auth: Auth): Router {
  const router = Router().use(auth.authenticate)
  router.get('/', async (req, res) => {
    const sessions = await auth.sessions.list(ownerOf(req))
    res.json(
      sessions.map(({ id, lastSeenAt, device }) => ({
        id,
        isThisOne: id === req.session.id,
        lastSeenAt: new Date(lastSeenAt).toISOString(),
        userAgent: device.userAgent,
      })),
    )
  })
  router.post('/:id/log-out', async (req, res) => {
    const wasThere = await auth.sessions.revoke(ownerOf(req), req.params.id)
    res.status(wasThere ? 200 : 404).json({ message: wasThere ? 'Logged out' : 'Not found' })
  })
  router.post('/log-out-others', async (req, res) => {
    const count = await auth.sessions.revokeOthers(ownerOf(req), req.session.id ?? '')
    res.json({ count })
  })
  return router
}

/** Behind `auth.authenticate` there is one; to the compiler it says so. */
function ownerOf({ session: { userId } }: Request): UserId {
  if (userId === null) throw new Error('auth.authenticate did not run')
  return userId
}
