// The Express session tutorial with nothing left out: sign up, log in, one protected page, log out.
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import express from 'express'
import { createAuth } from 'latchstring/express'
import { sqliteStore } from 'latchstring/stores/sqlite'

const { PORT = '3000', DATABASE = 'quickstart.db' } = process.env
const database = new DatabaseSync(DATABASE)
database.exec('create table if not exists users (id integer primary key, name unique, salt, hash)')
const addUser = database.prepare('insert or ignore into users (name, salt, hash) values (?, ?, ?)')
const findUser = database.prepare('select id, salt, hash from users where name = ?')

const argon2id = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }
const hashOf = (password: string, salt: string) =>
  promisify(argon2)('argon2id', { ...argon2id, message: password, nonce: Buffer.from(salt, 'hex') })
// Stands in for an unknown user: it costs as much time to refuse, and matches no password.
const nobody = { id: null, salt: randomBytes(16).toString('hex'), hash: randomBytes(32).toString('hex') }
const isText = (value: unknown) => typeof value === 'string'

const { sessionMiddleware, authenticate, generateSession, endSession } = createAuth({
  store: sqliteStore(database),
})
const app = express().use(sessionMiddleware, express.json())

app.post('/signup', async (req, res) => {
  const { username, password } = req.body ?? {}
  if (!isText(username) || !isText(password) || password.length < 15)
    return res.status(400).json({ message: 'Send a username and a password of 15 or more characters' })
  const salt = randomBytes(16).toString('hex')
  const hash = await hashOf(password, salt)
  const isNew = addUser.run(username, salt, hash.toString('hex')).changes === 1
  return res.status(isNew ? 201 : 409).json({ message: isNew ? 'Signed up' : 'This username is taken' })
})

app.post('/login', async (req, res) => {
  const { username, password } = req.body ?? {}
  if (!isText(username) || !isText(password))
    return res.status(400).json({ message: 'Send a username and a password' })
  const { id, salt, hash } = findUser.get(username) ?? nobody
  const isRight = timingSafeEqual(await hashOf(password, String(salt)), Buffer.from(String(hash), 'hex'))
  if (!isRight || typeof id !== 'number') return res.status(401).json({ message: 'Invalid credentials' })
  await generateSession(req, { id, username })
  return res.json({ message: 'Login successful' })
})

app.post('/logout', async (req, res) => {
  await endSession(req)
  res.json({ message: 'Logged out' })
})

app.get('/protected', authenticate, (req, res) => {
  const { userId, username } = req.session
  res.json({ message: 'You are authenticated!', userId, username })
})

app.listen(Number(PORT), () => console.log(`Server running on port ${PORT}`))
