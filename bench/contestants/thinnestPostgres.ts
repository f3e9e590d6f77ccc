import { countingPool } from '../queries.ts'
import type { Contestant } from '../work.ts'
import { coalesced } from './_coalesced.ts'
import { thinnestServer } from './_thinnest.ts'

const thinnestPostgres: Contestant = async (work) => {
  const pool = countingPool(work.postgres)
  await pool.query('CREATE TABLE thin (key text PRIMARY KEY, value text NOT NULL)')
  const read = coalesced(async (keys) => {
    const text = 'SELECT key, value FROM thin WHERE key = ANY ($1)'
    const query = { name: 'thin', text, values: [keys], rowMode: 'array' as const }
    const { rows } = await pool.query<[string, string]>(query)
    return rows
  })
  return thinnestServer(work, {
    read,
    write: (key, value) => pool.query('INSERT INTO thin (key, value) VALUES ($1, $2)', [key, value]),
  })
}

export default thinnestPostgres
