import type { Driver, Run } from './_sqlDriver.ts'
import { type Schema, stepsAfter } from './_sqlSchema.ts'

/**
 * For a server, whose steps are lists of statements. The first one creates the schema's table, in which each step
 * then leaves a row with its version.
 */
export type SqlSchema = Schema<readonly string[]>

/** Creates or migrates the tables, once, whichever of several processes comes first. */
export async function migrate(schema: SqlSchema, driver: Driver): Promise<void> {
  // Without a lock, and without the right to change tables, when there is nothing to do.
  if (stepsAfter(await schemaVersion(schema, driver, driver.run), schema).length === 0) return
  await driver.exclusively(schema.table, async (run) => {
    const found = await schemaVersion(schema, driver, run)
    for (const [index, step] of stepsAfter(found, schema).entries()) {
      for (const text of step) await run({ text }, [])
      await run({ text: `INSERT INTO ${schema.table} (version) VALUES (${found + index + 1})` }, [])
    }
  })
}

/** 0 for a new database. */
async function schemaVersion({ table }: SqlSchema, { findTable }: Driver, run: Run): Promise<number> {
  const found = await run(findTable(table), [])
  if (found.rows.length === 0) return 0
  const { rows } = await run({ text: `SELECT max(version) FROM ${table}` }, [])
  return Number(rows[0]?.[0] ?? 0)
}
