import { createPool, type RowDataPacket } from 'mysql2/promise'
import type { Contestant } from '../work.ts'
import { coalesced } from './_coalesced.ts'
import { thinnestServer } from './_thinnest.ts'

const thinnestMysql: Contestant = async (work) => {
  const pool = createPool(work.mysql)
  await pool.query('CREATE TABLE thin (id varchar(64) PRIMARY KEY, value text NOT NULL)')
  const read = coalesced(async (keys) => {
    const [rows] = await pool.query<RowDataPacket[]>('SELECT id, value FROM thin WHERE id IN (?)', [keys])
    return rows.map(({ id, value }): [string, string] => [id, value])
  })
  return thinnestServer(work, {
    read,
    write: (key, value) => pool.query('INSERT INTO thin (id, value) VALUES (?, ?)', [key, value]),
  })
}

export default thinnestMysql
