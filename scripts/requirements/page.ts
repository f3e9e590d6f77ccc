import type { AdvisoryClass } from './advisories.ts'
import type { AsvsRequirement, Requirement } from './requirement.ts'
import type { NamingTest, Trace } from './trace.ts'

export const PAGE_PATH = 'docs/traceability.md'

const HEAD = `# Which test shows what

Made by \`npm run traceability\` from the names of the tests; \`npm run check:requirements\` fails when it is out of
date, or when a requirement has neither a test nor a reason. The words are ours: for those of the standard see
[OWASP ASVS 5.0](https://github.com/OWASP/ASVS/tree/v5.0.0).`

/** The page that leads from each requirement to its tests. */
export function traceabilityPage(
  trace: Trace,
  standard: readonly AsvsRequirement[],
  own: readonly Requirement[],
  advisories: readonly AdvisoryClass[],
): string {
  const sections = [
    HEAD,
    figures(trace, standard, own),
    '## OWASP ASVS 5.0',
    standardTable(standard),
    '## What went wrong elsewhere',
    advisoryTable(advisories),
    '## The security checklist, and the attacks on it',
    ...own.map((requirement) => ownSection(requirement, trace.get(requirement.id) ?? [])),
  ]
  return `${sections.join('\n\n')}\n`
}

function figures(trace: Trace, standard: readonly AsvsRequirement[], own: readonly Requirement[]): string {
  const names = new Set([...trace.values()].flat().map(({ path, name }) => `${path} ${name}`))
  const shown = standard.filter(({ by }) => by.length > 0)
  const tested = own.filter(({ id }) => trace.has(id))
  return `${names.size} tests name ${tested.length} of the ${own.length} requirements of the checklist. They show ${shown.length} of ${standard.length} requirements of the standard; the others say why they are none of this library's, or not yet.`
}

function standardTable(standard: readonly AsvsRequirement[]): string {
  const rows = standard.map(
    ({ id, level, text, by, reason }) => `| ${id} | ${level} | ${text} | ${answerOf(by, reason)} |`,
  )
  return ['| id | level | what it asks for | shown by |', '|---|---|---|---|', ...rows].join('\n')
}

function answerOf(by: readonly string[], reason: string | undefined): string {
  return reason === undefined ? linksTo(by) : `${linksTo(by)}*${reason}*`
}

function advisoryTable(classes: readonly AdvisoryClass[]): string {
  const rows = classes.map(({ text, seenIn, by }) => `| ${text} | ${seenIn.join(', ')} | ${linksTo(by)} |`)
  return ['| class of published advisories | such as | forbidden by |', '|---|---|---|', ...rows].join('\n')
}

function linksTo(ids: readonly string[]): string {
  return ids.map((id) => `[${id}](#${id.toLowerCase()})`).join(', ')
}

function ownSection({ id, text, reason }: Requirement, tests: readonly NamingTest[]): string {
  const lines = [`### ${id}`, '', text]
  if (reason !== undefined) lines.push('', `*${reason}*`)
  const byPath = Map.groupBy(tests, ({ path }) => path)
  if (byPath.size > 0) lines.push('')
  for (const [path, named] of byPath)
    lines.push(`- [${path}](../${path})`, ...named.map(({ name }) => `  - ${plain(name)}`))
  return lines.join('\n')
}

/** A test's name may hold anything; on the page it is text. */
function plain(name: string): string {
  return name.replace(/[\\`*_<>[\]|]/g, '\\$&')
}
