import type { Requirement } from './requirement.ts'

const NO_CODES = 'Not built yet: time-based codes.'
const NO_RECOVERY_CODES = 'Not built yet: recovery codes.'
const NO_PASSKEYS = 'Not built yet: passkeys.'
const NO_PROVIDERS = 'Not built: logins at other providers.'

/**
 * The plan of attacks on the checklist, by their ids: what is tried, and what comes of it. A test that names one carries
 * it out. Numbers that are missing are not in use.
 */
export const ATTACKS: readonly Requirement[] = [
  {
    id: 'T03',
    text: 'A write that comes after the end of its session, wherever it was held up: nothing comes back.',
  },
  { id: 'T09', text: 'Logins at accounts that are there and that are not: neither work nor time differ.' },
  {
    id: 'T10',
    text: 'Many tries at the same moment, in several processes: each is counted, none too many let in.',
  },
  { id: 'T17', text: 'kill -9 at any moment: what was acknowledged stands.' },
  { id: 'T18', text: 'The store is gone for seconds: no false answer, and all is well when it is back.' },
  { id: 'T21', text: 'A token anywhere but in our cookie: refused.' },
  {
    id: 'T22',
    text: 'The cookie over https, over http and behind a proxy that ends TLS: Secure in production.',
  },
  { id: 'T23', text: 'The cookie of development in production, and the other way round: refused.' },
  { id: 'T24', text: 'A hundred thousand tokens: no two alike, and no pattern in them.' },
  { id: 'T25', text: 'Thousands of visitors, with junk for cookies or without: no row, no cookie.' },
  {
    id: 'T26',
    text: 'Every route, read by anybody, refused, redirected or unchanged: no cache may store it.',
  },
  { id: 'T27', text: 'Two users behind one shared cache: neither gets what is the other’s.' },
  {
    id: 'T28',
    text: 'Responses sent in every way there is: one cookie of ours, and those of the application intact.',
  },
  { id: 'T29', text: 'A log-out by a link, a prefetch or an image: no effect.' },
  { id: 'T30', text: 'Clear-Site-Data: at a log-out over https alone, and other cookies stay.' },
  { id: 'T31', text: 'Fifty logins of one user at once over the limit: no more alive than allowed.' },
  { id: 'T32', text: 'Logging all others out among logins: those from before are dead, the own one lives.' },
  {
    id: 'T33',
    text: 'A hundred requests as the token is renewed, and the old token later: one successor, then none.',
  },
  { id: 'T34', text: 'Fifty writes of different keys at once: all are there.' },
  {
    id: 'T35',
    text: 'The application writes to what is the library’s, or to a prototype: refused, nobody else.',
  },
  {
    id: 'T36',
    text: 'A flow for somebody else begun in the own session, or finished by another: never that other one.',
  },
  {
    id: 'T37',
    text: 'An old session at what is sensitive, also with another user’s password: challenged, no change.',
  },
  {
    id: 'T38',
    text: 'A clock that jumps, a renewed token, a touch: only authenticating makes a login recent.',
  },
  { id: 'T39', text: 'A user is disabled, deleted, enabled again: out at once, and no session comes back.' },
  {
    id: 'T40',
    text: 'Everybody is logged out under load, on two nodes: each older cookie is dead at its next request.',
  },
  { id: 'T41', text: 'A program without a recent login: told so, and how recent.' },
  {
    id: 'T42',
    text: 'JSON under other types, in other encodings, or with a name twice: refused, no change.',
  },
  { id: 'T43', text: 'Form tokens of others, from before, cut, in the query or planted: refused.' },
  { id: 'T44', text: 'Sixty origins that look like a trusted one: refused.' },
  { id: 'T45', text: 'Sixty ways back that lead elsewhere, wherever one is taken: a path of this site.' },
  { id: 'T46', text: 'Hosts that a request makes up: in no mail, redirect or cookie.' },
  { id: 'T47', text: 'Thousands of spellings of each path: no guard and no limit is got round.' },
  { id: 'T48', text: 'Headers that rename the path or the method, or skip a guard: no effect.' },
  { id: 'T49', text: 'Fields nobody asked for, and names that reach a prototype: no privilege.' },
  { id: 'T50', text: 'Values of every other type in each field: refused.' },
  { id: 'T51', text: 'Text that is a statement, a command or a template elsewhere: nothing but a text.' },
  { id: 'T52', text: 'Bodies that are large, slow, deep or blown up: refused within bounds.' },
  { id: 'T53', text: 'Passwords at every bound, of any characters: as the rules say.' },
  { id: 'T54', text: 'Passwords that differ far back or little: refused.' },
  { id: 'T55', text: 'The same password typed by other characters: the same; a ligature: another one.' },
  {
    id: 'T56',
    text: 'Common and own words for a password, and a breach service that is down: refused; no harm.',
  },
  { id: 'T57', text: 'A rehash at login beside a change of the password: the new password stands.' },
  { id: 'T58', text: 'Five hundred logins at once: others read on, and memory is bounded.' },
  {
    id: 'T59',
    text: 'A forgotten password of nobody, somebody, or with mail down: the same answer, the same time.',
  },
  {
    id: 'T60',
    text: 'Reset links used, replaced, overtaken, late, cut, of another purpose or user: refused.',
  },
  { id: 'T61', text: 'A hundred redeem one thing at once: one succeeds.' },
  { id: 'T62', text: 'A reset where there is a second factor: no session without it.' },
  { id: 'T63', text: 'Scanners open mailed links many times: nothing changes, and the link still works.' },
  { id: 'T64', text: 'Pages with a token in their address: nobody is told it.' },
  {
    id: 'T65',
    text: 'Look-alikes, lists and control characters for an address: mail goes to the stored one alone.',
  },
  { id: 'T66', text: 'Two changes of the address at once: no token confirms the other’s.' },
  { id: 'T67', text: 'A new address with a slip: the old one keeps the account, and takes a change back.' },
  { id: 'T68', text: 'An account opened with somebody else’s address: lost when the owner proves it.' },
  { id: 'T69', text: 'Mails asked for again and again: limited, and the answers say nothing of it.' },
  { id: 'T70', text: 'Markup and line breaks in names: text wherever they are shown or mailed.' },
  { id: 'T71', text: 'The cookies between two factors on every route: refused, and no session is listed.' },
  { id: 'T72', text: 'A time-based code used twice, late, or on two nodes: one accept.', reason: NO_CODES },
  {
    id: 'T73',
    text: 'Hundreds of guesses at one pending login at once: five are looked at, then it is dead.',
  },
  { id: 'T74', text: 'Codes of other steps, and a clock set back: one step off at most.', reason: NO_CODES },
  {
    id: 'T75',
    text: 'A second factor is taken off by an old session or another site: refused.',
    reason: 'Not built yet: factors that users set up. What else is sensitive is tested (T37, T44).',
  },
  {
    id: 'T76',
    text: 'Recovery codes used twice, at once, or after new ones: refused.',
    reason: NO_RECOVERY_CODES,
  },
  {
    id: 'T77',
    text: 'The cookie of a browser that was trusted: no factor is skipped by it after a change, or elsewhere.',
    reason:
      'Not built: no browser is ever spared the second factor. That a known one is not either is tested here.',
  },
  { id: 'T78', text: 'Answers of passkeys with one field wrong: refused alike.', reason: NO_PASSKEYS },
  { id: 'T79', text: 'Challenges of passkeys again, late, or elsewhere: refused.', reason: NO_PASSKEYS },
  { id: 'T80', text: 'Passkeys of somebody else: neither seen nor changed.', reason: NO_PASSKEYS },
  { id: 'T81', text: 'Answers of a provider with one part wrong: no session.', reason: NO_PROVIDERS },
  { id: 'T82', text: 'Accounts linked by an address nobody proved: refused.', reason: NO_PROVIDERS },
  {
    id: 'T83',
    text: 'Documents of a provider that lead elsewhere, or never end: refused.',
    reason: NO_PROVIDERS,
  },
  { id: 'T84', text: 'Marked secrets through every flow, with failures: seen nowhere.' },
  { id: 'T85', text: 'Each flow and what it reports: exactly that, once, in one line.' },
  {
    id: 'T86',
    text: 'The first, second, … call of each flow fails: all or nothing, and never somebody by accident.',
  },
  {
    id: 'T87',
    text: 'A network that stalls, breaks, lies or is slow: answers in time, none wrong, and quick recovery.',
  },
  {
    id: 'T88',
    text: 'A store that is full, read-only, forbidden, crowded or undone: said so, and no false success.',
  },
  {
    id: 'T89',
    text: 'Redis fails over, evicts, or forgets everything: the documented loss, and nobody let in.',
  },
  {
    id: 'T90',
    text: 'A SQLite file that is locked, full, copied, or killed at a checkpoint: sound, and said so.',
  },
  { id: 'T91', text: 'A process is told to stop under traffic: what it has begun is finished, and kept.' },
  {
    id: 'T92',
    text: 'One version after the other under load, and back: no log-out and no error.',
    reason:
      'There is one version so far, and nothing to upgrade from or to go back to. That tables of a later version are refused and left alone is tested for SQLite.',
  },
  {
    id: 'T93',
    text: 'A key is replaced while it is in use: no log-out, and only what the old one protected dies.',
  },
  { id: 'T94', text: 'Clocks that differ, jump back or stand still: no life is longer than they differ.' },
  { id: 'T95', text: 'Tokens that begin like one that is good: looked up like any other.' },
  { id: 'T96', text: 'The well-known address for passwords: led to the page, and others are not found.' },
  { id: 'T97', text: 'Pages: a strict policy, framed by nobody, no script, helpful to password managers.' },
  { id: 'T98', text: 'A long time of traffic: memory, timers and rows stay what they were.' },
]
