import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { createClient } from 'redis'
import { createDatabase, describeWith } from './servers.ts'

describeWith('postgres', 'a PostgreSQL database for one test', () => {
  test('is new, empty, and gone after drop, whoever is still connected', async () => {
    const { url, drop } = await createDatabase('postgres')
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    await client.connect()
    const tables = await client.query("SELECT * FROM information_schema.tables WHERE table_schema = 'public'")
    assert.equal(tables.rowCount, 0)
    await drop()
    await assert.rejects(new Client({ connectionString: url }).connect(), /does not exist/)
  })

  test('is another one each time', async () => {
    const databases = await Promise.all([createDatabase('postgres'), createDatabase('postgres')])
    assert.notEqual(databases[0].url, databases[1].url)
    for (const { drop } of databases) await drop()
  })
})

describeWith('mysql', 'a MariaDB database for one test', () => {
  test('is new, empty, and gone after drop', async () => {
    const { url, drop } = await createDatabase('mysql')
    const connection = await createConnection(url)
    assert.deepEqual((await connection.query('SHOW TABLES'))[0], [])
    await connection.end()
    await drop()
    await assert.rejects(createConnection(url), /Unknown database/)
  })
})

describeWith('redis', 'the Redis server of the tests', (url) => {
  test('evicts nothing', async () => {
    const client = await createClient({ url }).connect()
    const setting = await client.configGet('maxmemory-policy')
    client.destroy()
    assert.equal(setting['maxmemory-policy'], 'noeviction')
  })
})

describeWith('redis-cluster', 'the Redis Cluster of the tests', (urls) => {
  test('has three masters with a replica each', async () => {
    const [url = ''] = urls.split(',')
    const client = await createClient({ url }).connect()
    const nodes = String(await client.sendCommand(['CLUSTER', 'NODES'])).split('\n')
    client.destroy()
    assert.equal(nodes.filter((node) => node.includes('master - ')).length, 3)
    assert.equal(nodes.filter((node) => node.includes('slave ')).length, 3)
  })
})

const WITHOUT_SERVER = `
  import { describeWith, createDatabase } from ${JSON.stringify(new URL('./servers.ts', import.meta.url).href)}
  describeWith('postgres', 'rows', () => { throw new Error('the suite was registered') })
  await createDatabase('postgres').catch(({ message }) => console.log(message))
`

test('without its server a suite is one skipped test that says what to do', () => {
  const args = ['--test-reporter=tap', '--input-type=module-typescript', '--eval', WITHOUT_SERVER]
  const output = execFileSync(process.execPath, args, { encoding: 'utf8', env: {} })
  assert.match(
    output,
    /ok 1 - rows \(PostgreSQL: skipped, LATCHSTRING_POSTGRES_URL is not set; run npm test\) # SKIP/,
  )
  assert.match(output, /LATCHSTRING_POSTGRES_URL is not set: run the test by npm test/)
})
