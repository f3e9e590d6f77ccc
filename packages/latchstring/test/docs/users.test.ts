import { DatabaseSync } from 'node:sqlite'
import { PEOPLE, peopleUsers } from '../../../../docs/examples/users.ts'
import { testUsers } from '../../src/testing/usersContract.ts'

testUsers(
  (t) => {
    const database = new DatabaseSync(':memory:')
    t.after(() => database.close())
    database.exec(PEOPLE)
    return [peopleUsers(database), peopleUsers(database)]
  },
  { name: 'users in a table of the application keep the users contract' },
)
