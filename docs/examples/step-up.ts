import express, { Router } from 'express'
import type { Auth } from 'latchstring/express'

/** Payouts, for those who have authenticated in the last five minutes. */
export function payouts(auth: Auth): Router {
  const router = Router().use(auth.requireRecent({ within: '5m' }), express.json())
  router.get('/', (req, res) => {
    res.json({ accounts: accountsOf(String(req.session.userId)) })
  })
  router.post('/', (req, res) => {
    res.status(202).json({ message: 'On its way', to: req.body.account })
  })
  return router
}

/** Stands for your own data. */
function accountsOf(userId: string): string[] {
  return [`current account of user ${userId}`]
}
