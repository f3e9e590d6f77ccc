/** What went wrong elsewhere, more than once or in one library that many use. */
export interface AdvisoryClass {
  readonly text: string
  /** Where it was published. */
  readonly seenIn: readonly string[]
  /** The requirements of ours that forbid it. */
  readonly by: readonly string[]
}

/** The classes of published advisories of libraries for sessions and logins. */
export const ADVISORY_CLASSES: readonly AdvisoryClass[] = [
  {
    text: 'A login keeps the session that was there before.',
    seenIn: ['CVE-2022-25896', 'CVE-2023-29019'],
    by: ['S-10'],
  },
  {
    text: 'The end of a session moves with its use, or is never looked at.',
    seenIn: ['CVE-2024-35220', 'CVE-2015-8314'],
    by: ['S-16'],
  },
  {
    text: 'A session works on after the log-out.',
    seenIn: ['CVE-2024-31999', 'CVE-2023-20862'],
    by: ['S-12'],
  },
  { text: 'A late request stores an ended session again.', seenIn: ['CVE-2025-46336'], by: ['S-13'] },
  { text: 'Parallel requests undo each other.', seenIn: ['expressjs/session#632'], by: ['S-14'] },
  { text: 'What cannot be decoded is decoded by a weaker rule.', seenIn: ['CVE-2026-39324'], by: ['S-08'] },
  { text: 'The store finds a session by the token itself.', seenIn: ['CVE-2019-16782'], by: ['S-02', 'T95'] },
  { text: 'A new session takes the id of one that exists.', seenIn: ['tower-sessions 0.12.1'], by: ['S-04'] },
  {
    text: 'Visitors fill the store.',
    seenIn: ['CVE-2015-5143', 'CVE-2015-5963', 'CVE-2015-5964'],
    by: ['S-03'],
  },
  {
    text: 'Spaces that are none, or old syntax, give a cookie another name.',
    seenIn: ['CVE-2026-39410'],
    by: ['C-06'],
  },
  {
    text: 'What a request says becomes an attribute of a cookie.',
    seenIn: ['CVE-2024-47764'],
    by: ['C-05'],
  },
  { text: 'A response is wrapped so that its headers change.', seenIn: ['CVE-2025-7339'], by: ['C-10'] },
  {
    text: 'A cache gives the cookie or page of one user to another.',
    seenIn: ['CVE-2023-30861', 'CVE-2026-24472'],
    by: ['C-09', 'T27'],
  },
  {
    text: 'A type of content that counts for harmless gets past the check of origins.',
    seenIn: ['CVE-2022-41919'],
    by: ['W-04'],
  },
  { text: 'Origins are compared in part, or not at all.', seenIn: ['CVE-2025-46721'], by: ['W-01', 'W-06'] },
  {
    text: 'A guard and the router read one path in two ways, or a header skips the guard.',
    seenIn: ['CVE-2026-33808', 'CVE-2026-29045', 'CVE-2025-29927', 'GHSA-x732-6j76-qmhm'],
    by: ['W-12', 'T47', 'T48'],
  },
  { text: 'A way back leads to another site.', seenIn: ['CVE-2024-43796'], by: ['W-09'] },
  {
    text: 'Passwords count in part, or a check of their length tells who is known.',
    seenIn: ['CVE-2025-22228', 'CVE-2025-22234'],
    by: ['P-04', 'P-02'],
  },
  {
    text: 'Long passwords cost more than time allows.',
    seenIn: ['CVE-2023-46695', 'CVE-2021-45115'],
    by: ['P-02'],
  },
  {
    text: 'Answers, times or failing mails tell who has an account.',
    seenIn: ['CVE-2024-39329', 'CVE-2024-45231'],
    by: ['R-01', 'R-02', 'R-03', 'R-04'],
  },
  {
    text: 'A client is counted under an address that it varies.',
    seenIn: ['CVE-2026-45364', 'CVE-2026-24398'],
    by: ['R-07'],
  },
  {
    text: 'Two addresses are one after they are normalised, or one text is several addresses.',
    seenIn: ['CVE-2019-19844', 'CVE-2022-35924', 'GHSA-7rqj-j65f-68wh'],
    by: ['E-05'],
  },
  {
    text: 'A token is good for another account or purpose.',
    seenIn: ['CVE-2022-39263'],
    by: ['E-03', 'S-25'],
  },
  {
    text: 'What is used once is used twice at the same moment.',
    seenIn: ['GHSA-hc7v-rggr-4hvx', 'GHSA-7w99-5wm4-3g79'],
    by: ['E-02', 'F-09'],
  },
  { text: 'Two changes of an address confirm each other’s.', seenIn: ['CVE-2026-32700'], by: ['E-09'] },
  {
    text: 'Whoever opens an account with somebody else’s address keeps it.',
    seenIn: ['GHSA-g38m-r43w-p2q7'],
    by: ['E-10'],
  },
  {
    text: 'Names become markup or headers of mails.',
    seenIn: ['CVE-2022-31127', 'CVE-2020-7769'],
    by: ['E-11'],
  },
  {
    text: 'A session is usable before the second factor.',
    seenIn: ['GHSA-xg6x-h9c9-2m83'],
    by: ['S-11', 'M-07'],
  },
  {
    text: 'Sessions of a deleted or disabled user live on in a store behind.',
    seenIn: ['GHSA-2vg6-77g8-24mp'],
    by: ['S-21'],
  },
  {
    text: 'Whose something is, is taken from the request.',
    seenIn: ['CVE-2025-61928', 'GHSA-fmh4-wcc4-5jm3', 'GHSA-737v-mqg7-c878'],
    by: ['F-07', 'S-19'],
  },
  {
    text: 'A header that cannot be read, or a body that lies about its length, is the end of the process.',
    seenIn: ['GHSA-xmf8-cvqr-rfgj', 'CVE-2022-31093', 'CVE-2026-54288'],
    by: ['F-03', 'F-07'],
  },
  { text: 'A check that cannot be made counts as passed.', seenIn: ['GHSA-8fpg-xm3f-6cx3'], by: ['F-01'] },
  { text: 'A code is good twice.', seenIn: ['CVE-2015-7225', 'CVE-2021-43177'], by: ['M-01'] },
  {
    text: 'The secret of codes is short, or its codes are not counted.',
    seenIn: ['CVE-2024-8796'],
    by: ['M-02', 'M-04'],
  },
  { text: 'Passkeys of others are changed or deleted.', seenIn: ['GHSA-4vcf-q4xf-f48m'], by: ['K-05'] },
  {
    text: 'An answer of one provider, browser or attempt counts for another.',
    seenIn: ['CVE-2023-48309', 'GHSA-x445-f3h2-j279', 'CVE-2026-45337'],
    by: ['O-01', 'O-02'],
  },
]
