import { LatchstringError } from '../core/errors.ts'
import type { EmitOf } from '../core/events.ts'
import type { ReliableStore } from '../core/reliableStore.ts'
import type { Sessions } from '../core/sessions.ts'
import type { Clock, RandomSource, Timers } from '../core/types.ts'
import type { Accounts } from './accounts.ts'
import { Activity } from './activity.ts'
import { Background } from './background.ts'
import { Backoff } from './backoff.ts'
import { Counters } from './counters.ts'
import { KnownDevices } from './knownDevices.ts'
import { MailQueue } from './mail/queue.ts'
import type { MailTextOverrides } from './mail/texts/types.ts'
import { password } from './methods/password.ts'
import { Notices } from './notices.ts'
import { OneTimeTokens } from './oneTimeTokens.ts'
import { type PasswordOptions, Passwords } from './passwords/passwords.ts'
import { PendingLogins } from './pendingLogins.ts'
import { Records } from './records.ts'
import { ReliableUsers } from './reliableUsers.ts'
import { Throttle } from './throttle.ts'
import type { AccountEvent, LoginMethod, SendMail, Users } from './types.ts'

/** What accounts are made of, checked. */
export interface AccountsOptions {
  readonly users: Users
  readonly sessions: Sessions
  readonly store: ReliableStore
  /** The deadline of one call to users, in milliseconds. */
  readonly timeout: number
  readonly appName: string
  readonly baseUrl: string
  readonly sendMail: SendMail
  readonly mailTexts: MailTextOverrides
  readonly isPrivate: boolean
  readonly passwords: PasswordOptions
  /** Beside the password. */
  readonly methods: readonly LoginMethod[]
  readonly clock: Clock
  readonly random: RandomSource
  readonly timers: Timers
  readonly emit: EmitOf<AccountEvent>
}

export interface CreatedAccounts {
  readonly accounts: Accounts
  /** Resolves when no work that nobody waits for is left: mails are sent, lines are written. */
  settled(): Promise<void>
}

/** @throws LatchstringError `invalid_option` for a store that cannot keep what accounts need. */
export function createAccounts(options: AccountsOptions): CreatedAccounts {
  requireListable(options.store)
  const { sessions, isPrivate, clock, random, emit } = options
  const users = new ReliableUsers(options.users, options.timeout, options.timers)
  const background = new Background((error) => emit({ type: 'account.record_failed', error }))
  const mailQueue = mailQueueOf(options)
  const passwords = passwordsOf(options)
  const records = new Records({ store: options.store, clock, random })
  const counters = new Counters({ records, emit })
  const throttle = new Throttle(counters)
  const tokens = new OneTimeTokens(records)
  const notices = new Notices({ ...options, throttle, tokens, mailQueue, background })
  const accounts: Accounts = {
    users,
    sessions,
    passwords,
    methods: [password({ users, passwords }), ...options.methods],
    throttle,
    backoff: new Backoff({ counters, random }),
    tokens,
    knownDevices: new KnownDevices(records),
    pendingLogins: new PendingLogins(records),
    activity: new Activity({ records, background }),
    notices,
    background,
    clock,
    emit,
    isPrivate,
  }
  return { accounts, settled: () => settle(background, mailQueue) }
}

function requireListable({ isListable }: ReliableStore): void {
  if (isListable) return
  throw new LatchstringError(
    'invalid_option',
    'accounts need a store that lists by user: sqliteStore, postgresStore, mysqlStore or redisStore, not fromExpressStore',
  )
}

function mailQueueOf({ sendMail, timers, emit }: AccountsOptions): MailQueue {
  return new MailQueue({ send: sendMail, timers, onFailure: (error) => emit({ type: 'mail.failed', error }) })
}

function passwordsOf({ passwords, appName, random, timers }: AccountsOptions): Passwords {
  return new Passwords({ appName, ...passwords, random, timers })
}

/** Work in the background may send mail, and mail is the end of it. */
async function settle(background: Background, mailQueue: MailQueue): Promise<void> {
  await background.settled()
  await mailQueue.settled()
}
