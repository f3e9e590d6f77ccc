import { withDeadline } from '../../core/deadline.ts'
import { LatchstringError } from '../../core/errors.ts'
import { systemTimers } from '../../core/timers.ts'
import type { NodeResponse } from '../../http/nodeResponse.ts'
import { ResponseGate } from '../../http/responseGate.ts'
import { addSessionHeaders } from '../../http/sessionHeaders.ts'

/** A request whose response waits for what is done to its session. */
export class HeldRequest {
  readonly #response: NodeResponse
  readonly #timeout: number
  #work: Promise<void> | null = null
  #setCookies: readonly string[] = []
  hasEnded = false

  /** `timeout` is for each piece of work, in milliseconds. */
  constructor(response: NodeResponse, timeout: number, failed: (error: unknown) => void) {
    this.#response = response
    this.#timeout = timeout
    new ResponseGate(response, {
      settle: () => this.settle(),
      beforeHeaders: () => addSessionHeaders(response, this.#setCookies, false),
      failed,
    })
  }

  /**
   * Does the work once the code that runs now has finished, one piece after the other. What fails calls `failed`
   * before anybody is told.
   * @throws LatchstringError `response_started`
   */
  do(work: () => Promise<void>, failed: () => void): Promise<void> {
    if (this.#response.headersSent)
      throw new LatchstringError(
        'response_started',
        'the response has begun, so the browser cannot be told of another session: change it before the first byte',
      )
    const before = this.#work ?? Promise.resolve()
    const inTime = () => withDeadline(work, this.#timeout, systemTimers)
    const done = before.then(inTime).catch((cause: unknown) => {
      failed()
      throw asLatchstringError(cause)
    })
    done.then(
      () => {
        if (this.#work === done) this.#work = null
      },
      () => {},
    )
    this.#work = done
    return done
  }

  /** `undefined` when there is nothing to wait for. Work that failed fails the response too. */
  settle(): Promise<void> | undefined {
    return this.#work ?? undefined
  }

  addCookie(setCookie: string): void {
    this.#setCookies = [...this.#setCookies, setCookie]
  }
}

function asLatchstringError(cause: unknown): LatchstringError {
  if (cause instanceof LatchstringError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new LatchstringError('store_unavailable', `the session could not be changed: ${reason}`, { cause })
}
