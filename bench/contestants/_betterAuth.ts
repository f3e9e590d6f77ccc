import { createServer, type Server } from 'node:http'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { fromNodeHeaders } from 'better-auth/node'
import express from 'express'
import { dataOf, PASSWORD, SECRET, userOf, type Work } from '../work.ts'

/** What better-auth asks for, and 100 bytes in a field of the session. Password hashing is not what is measured. */
function optionsOf(work: Work) {
  const data = JSON.stringify(dataOf(work))
  return {
    baseURL: 'http://127.0.0.1',
    secret: SECRET,
    telemetry: { enabled: false },
    emailAndPassword: {
      enabled: true,
      autoSignIn: false,
      password: {
        hash: async (password) => password,
        verify: async ({ hash, password }) => hash === password,
      },
    },
    session: { additionalFields: { data: { type: 'string', required: false, input: false } } },
    databaseHooks: { session: { create: { before: async (session) => ({ data: { ...session, data } }) } } },
  } satisfies BetterAuthOptions
}

/** better-auth on Express: its session asked for as its documentation for Express does. */
export async function betterAuthServer(
  work: Work,
  stores: Pick<BetterAuthOptions, 'database' | 'secondaryStorage'>,
): Promise<Server> {
  const options = { ...optionsOf(work), ...stores }
  const migrations = await getMigrations(options)
  await migrations.runMigrations()
  const auth = betterAuth(options)
  for (let number = 0; number < work.sessions; number++) {
    const { username } = userOf(number)
    await auth.api.signUpEmail({ body: { email: username, name: username, password: PASSWORD } })
  }
  const app = express()
  app.post('/login/:number', async (req, res) => {
    const { username: email } = userOf(req.params.number)
    const { headers } = await auth.api.signInEmail({
      body: { email, password: PASSWORD },
      returnHeaders: true,
    })
    res.setHeader('Set-Cookie', headers.getSetCookie())
    res.json({})
  })
  app.get('/protected', async (req, res) => {
    const found = await auth.api.getSession({ headers: fromNodeHeaders(req.headers) })
    if (found === null) res.status(401).json({ message: 'Not authenticated' })
    else res.json({ userId: found.user.id, username: found.user.email })
  })
  return createServer(app)
}
