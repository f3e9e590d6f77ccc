import type { Edit } from './edit.ts'

const DIFFERENCES = ['test/express-session/differences.test.ts']
const DEFECTS = ['test/express-session/defects.test.ts']

/** Promises to who comes from express-session: by the drop-in, on their own store, and on the way to `createAuth`. */
export const DROP_IN_EDITS: readonly Edit[] = [
  {
    name: 'foreign-write-unread',
    requirement: 'design',
    breaks: 'A session that has ended is not written again, in a store that overwrites without a look.',
    file: 'adapters/expressSession/foreignBackend.ts',
    find: `      const newest = await this.read(id)
      if (newest === null) return null
`,
    replacement: '      const newest = known\n',
    tests: DEFECTS,
  },
  {
    name: 'foreign-touch-unread',
    requirement: 'design',
    breaks: 'A touch brings no session back, and no data.',
    file: 'adapters/expressSession/foreignBackend.ts',
    find: `      const newest = await this.read(id)
      if (newest === null) return
`,
    replacement: '      const newest = known\n',
    tests: DIFFERENCES,
  },
  {
    name: 'late-write-stays',
    requirement: 'design',
    breaks: 'A write that reaches the store after its deadline brings nothing back.',
    file: 'adapters/expressSession/foreignCalls.ts',
    find: '        if (write.isEnded) await this.#destroy(id)\n',
    replacement: '',
    tests: DIFFERENCES,
  },
  {
    name: 'untold-write-forgotten',
    requirement: 'design',
    breaks: 'A login that was not stored in time leaves no session behind.',
    file: 'adapters/expressSession/persist.ts',
    find: '  tracked.mayBeStored = true\n',
    replacement: '',
    tests: DIFFERENCES,
  },
  {
    name: 'foreign-login-unsigned',
    requirement: 'design',
    breaks: 'Another user who logs in gets nothing of the one before.',
    file: 'adapters/expressSession/storedForm.ts',
    find: 'life: this.life, login: this.login }',
    replacement: 'life: this.life }',
    tests: DIFFERENCES,
  },
  {
    name: 'hash-as-token',
    requirement: 'design',
    breaks: 'A copied key of the store, signed with a copied secret, is no session.',
    file: 'adapters/expressSession/ids.ts',
    find: '(isToken(token) ? [tokenKey(token)] : [tokenKey(token), token])',
    replacement: '[tokenKey(token), token]',
    tests: DEFECTS,
  },
  {
    name: 'empty-secret',
    requirement: 'design',
    breaks: 'A secret of no bytes, with which anybody could sign, is none.',
    file: 'http/signedCookie.ts',
    find: 'return value.byteLength > 0',
    replacement: 'return true',
    tests: DIFFERENCES,
  },
  {
    name: 'gone-visitor-gone-error',
    requirement: 'design',
    breaks: 'The error handler is told of a save that failed after the visitor had gone.',
    file: 'adapters/expressSession/departure.ts',
    find: 'if (response.closed) report()\n    else response',
    replacement: 'response',
    tests: DIFFERENCES,
  },
  {
    name: 'loaded-after-its-end',
    requirement: 'design',
    breaks: 'Nobody loads a session by its key after its end.',
    file: 'adapters/expressSession/store.ts',
    find: ' || isOver(store, session)',
    replacement: '',
    tests: DIFFERENCES,
  },
  {
    name: 'rolling-row-believed',
    requirement: 'design',
    breaks: 'A rolling session moves although its row says that it is over.',
    file: 'migration/presented.ts',
    find: 'return prolongedBy === null ? endsAt : this.#reading.clock() + prolongedBy',
    replacement: 'return endsAt ?? prolongedBy',
    tests: ['test/migration/session.test.ts'],
  },
  {
    name: 'copied-key-moves',
    requirement: 'design',
    breaks: 'A copied key of the drop-in moves nothing.',
    file: 'migration/oldRows.ts',
    find: 'return key === sid && isToken(sid) && isObject(cookieOf(row).life)',
    replacement: 'return false',
    tests: ['test/migration/drop-in.test.ts'],
  },
  {
    name: 'replay-after-the-move',
    requirement: 'design',
    breaks: 'An old cookie is refused once the session has moved.',
    file: 'core/takeOver.ts',
    find: 'const isReplayed = this.#openedAt >= acceptedUntil ||',
    replacement: 'const isReplayed =',
    tests: ['test/migration/cookie-session.test.ts', 'test/migration/drop-in.test.ts'],
  },
]
