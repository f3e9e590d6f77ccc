import { page, refusal } from './reply.ts'
import type { Routes } from './router.ts'

/** The mails that development does not send. Where mails are sent there is no such page. */
export const outboxRoutes: Routes = {
  '/outbox': {
    GET: ({ outbox, baseUrl }) => {
      if (outbox === null) return refusal('not_found')
      const mails = outbox.list()
      return page((pages, shown) => pages.outbox(shown, { mails, baseUrl }), { body: mails })
    },
  },
}
