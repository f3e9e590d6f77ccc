import pg from 'pg'

const counts = { queries: 0, writes: 0 }

/** How many queries the contestants' process has sent to PostgreSQL, and how many of them were to write. */
export function queryCounts(): { readonly queries: number; readonly writes: number } {
  return { ...counts }
}

/** Whatever the contestant uses of pg, each query is one of a client. */
class CountingClient extends pg.Client {
  override query: pg.Client['query'] = (...args: unknown[]) => {
    counts.queries++
    if (!/^\s*select/i.test(textOf(args[0]))) counts.writes++
    return Reflect.apply(pg.Client.prototype.query, this, args)
  }
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query
  if (typeof query !== 'object' || query === null || !('text' in query)) return ''
  return String(query.text)
}

/** A pool with the driver's defaults. */
export function countingPool(url: string): pg.Pool {
  return new pg.Pool({ connectionString: url, Client: CountingClient })
}
