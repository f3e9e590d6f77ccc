import express from 'express'
import { accounts } from 'latchstring/accounts'
import { createAuth } from 'latchstring/express'
import { sqliteStore } from 'latchstring/stores/sqlite'
import { sqliteUsers } from 'latchstring/users/sqlite'

const { PORT = '3000' } = process.env

const auth = createAuth({
  store: sqliteStore('app.db'),
  accounts: accounts({ users: sqliteUsers('app.db'), appName: 'Acme' }),
})

const app = express()
app.use(auth.routes())
app.get('/', auth.homePage)
app.get('/protected', auth.authenticate, (req, res) => {
  res.json({ message: 'You are authenticated!', userId: req.session.userId, username: req.session.username })
})
app.listen(Number(PORT), () => console.log(`Server running on port ${PORT}`))
