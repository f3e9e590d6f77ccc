import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { KINDS, type ServerKind } from '../../../scripts/servers/kinds.ts'

/** Where a real server of this kind runs; `npm test` starts them. Of a cluster: its nodes, separated by commas. */
export function serverUrl(kind: ServerKind): string | null {
  return process.env[KINDS[kind].variable] || null
}

/** A suite against a real server, or one skipped test whose name says what is missing. */
export function describeWith(kind: ServerKind, name: string, fn: (url: string) => void): void {
  const url = serverUrl(kind)
  if (url !== null) {
    suite(name, () => fn(url))
    return
  }
  const { title, variable } = KINDS[kind]
  test(`${name} (${title}: skipped, ${variable} is not set; run npm test)`, { skip: true }, () => {})
}

/** An empty database of its own for one test or suite. */
export interface Database {
  readonly url: string
  drop(): Promise<void>
}

type DatabaseKind = 'postgres' | 'mysql'

const RUN: Readonly<Record<DatabaseKind, (url: string, statement: string) => Promise<void>>> = {
  postgres: runInPostgres,
  mysql: runInMysql,
}

/** PostgreSQL refuses to drop a database while a connection to it is open, unless it is told to close them. */
const DROP: Readonly<Record<DatabaseKind, (name: string) => string>> = {
  postgres: (name) => `DROP DATABASE ${name} WITH (FORCE)`,
  mysql: (name) => `DROP DATABASE ${name}`,
}

export async function createDatabase(kind: DatabaseKind): Promise<Database> {
  const server = serverUrl(kind)
  if (server === null) throw new Error(`${KINDS[kind].variable} is not set: run the test by npm test`)
  const name = `latchstring_${randomUUID().replaceAll('-', '')}`
  await RUN[kind](server, `CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => RUN[kind](server, DROP[kind](name)) }
}

async function runInPostgres(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

async function runInMysql(url: string, statement: string): Promise<void> {
  const connection = await createConnection(url)
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}
