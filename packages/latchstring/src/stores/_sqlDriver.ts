export type Value = string | number | Buffer | null

export interface Statement {
  /** Statements with a name are prepared once on each connection. */
  readonly name?: string
  readonly text: string
}

export interface Query {
  readonly statement: Statement
  readonly values: Value[]
}

export interface Answer {
  readonly rows: readonly (readonly unknown[])[]
  /** How many rows were inserted, updated or deleted. */
  readonly count: number
  /** The number that MySQL gave to a row that was inserted. */
  readonly insertId?: unknown
}

export type Run = (statement: Statement, values: Value[]) => Promise<Answer>

/** What an error of the database means to the statement: to be run again, a key that is taken, or a failure. */
export type Verdict = 'again' | 'taken' | 'failed'

/** A database server, and how statements reach it. */
export interface Driver {
  /** The name for error messages. */
  readonly database: string
  /** Each statement is a transaction of its own. */
  readonly run: Run
  /** Runs `work` on one connection while no other process runs work under the same lock. */
  readonly exclusively: (lock: string, work: (run: Run) => Promise<void>) => Promise<void>
  /** Answers with a row if the table is there. */
  readonly findTable: (table: string) => Statement
  /** Rejects when the connections are set up so that promises could not be kept. */
  readonly checkConnection: () => Promise<void>
}
