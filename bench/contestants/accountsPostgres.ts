import { argon2Sync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import express from 'express'
import { accounts, parseEmail } from 'latchstring/accounts'
import { createAuth } from 'latchstring/express'
import { postgresStore } from 'latchstring/stores/postgres'
import { postgresUsers } from 'latchstring/users/postgres'
import { countingPool } from '../queries.ts'
import { type Contestant, PASSWORD, userOf, type Work } from '../work.ts'

/** Accounts of ours: a login checks the password and all that goes with it, the rest is as without them. */
const accountsPostgres: Contestant = async (work) => {
  const pool = countingPool(work.postgres)
  const users = postgresUsers(pool)
  await createUsers(users, work)
  const auth = createAuth({
    store: postgresStore(pool),
    accounts: accounts({ users, appName: 'Bench' }),
    production: false,
  })
  const app = express()
  app.post('/login/:number', (req, _, next) => {
    req.originalUrl = '/login'
    req.url = '/login'
    next()
  })
  app.use(auth.routes())
  app.get('/protected', auth.authenticate, (req, res) => {
    const { userId, username } = req.session
    res.json({ userId, username })
  })
  return createServer(app)
}

/** All with one hash: what making it costs is not a part of a login. */
async function createUsers(users: ReturnType<typeof postgresUsers>, work: Work): Promise<void> {
  const passwordHash = hashOf(PASSWORD)
  for (let number = 0; number < work.sessions; number++) {
    const { username: address } = userOf(number)
    const email = parseEmail(address)
    if (email === null) throw new Error(`${address} is no address`)
    const now = Date.now()
    const outcome = await users.create({ email, username: null, passwordHash, createdAt: now })
    if (outcome.kind !== 'created') throw new Error(`${address} is taken`)
    await users.update(outcome.user.id, outcome.user.credentialVersion, { emailVerifiedAt: now })
  }
}

/** What the library makes of a password by default, so that it need not make it again at the login. */
function hashOf(password: string): string {
  const nonce = randomBytes(16)
  const cost = { memory: 19_456, passes: 2, parallelism: 1 }
  const tag = argon2Sync('argon2id', { message: password, nonce, tagLength: 32, ...cost })
  const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=1$${unpadded(nonce)}$${unpadded(tag)}`
}

export default accountsPostgres
