import type { Pool } from 'pg'

/** How PostgreSQL ran a statement. */
export interface Plan {
  /** The index of each index scan, and `Seq Scan` for each walk through a whole table. */
  readonly scans: readonly string[]
  /** How many pages were looked at, wherever they were. */
  readonly pages: number
}

/** A plan made for these values, and the one that serves all values. */
const MODES = ['force_custom_plan', 'force_generic_plan']

/** The plans of a statement that is prepared on the only connection of the pool. */
export async function plansOf(pool: Pool, call: string): Promise<Plan[]> {
  const plans: Plan[] = []
  for (const mode of MODES) {
    await pool.query(`SET plan_cache_mode = ${mode}`)
    const { rows } = await pool.query<string[]>({
      text: `EXPLAIN (ANALYZE, BUFFERS) EXECUTE ${call}`,
      rowMode: 'array',
    })
    plans.push(planIn(rows.flat().join('\n')))
  }
  await pool.query('RESET plan_cache_mode')
  return plans
}

const SCAN = /(?:Index Scan|Index Only Scan) using (\w+)|Bitmap Index Scan on (\w+)|(Seq Scan)/g
/** The first such line is of the whole statement. */
const PAGES = /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/

function planIn(text: string): Plan {
  const scans = [...text.matchAll(SCAN)].map(
    ([, index, bitmapIndex, walk]) => index ?? bitmapIndex ?? walk ?? '',
  )
  const [, hit = '0', read = '0'] = PAGES.exec(text) ?? []
  return { scans, pages: Number(hit) + Number(read) }
}

/** The levels of a B-tree with so many entries, if each of its pages holds 64 or more. */
export function levelsOf(entries: number): number {
  return Math.ceil(Math.log(entries) / Math.log(64))
}
