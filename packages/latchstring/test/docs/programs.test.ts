import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ROOT, textOf, withoutPrograms } from './pageText.ts'

const NAMES = globSync('*.ts', { cwd: fileURLToPath(new URL('docs/examples/', ROOT)) })
  .map((file) => file.replace(/\.ts$/, ''))
  .sort()

test('each program of the docs is on a page of its name, word for word, and has tests', () => {
  assert.ok(NAMES.length >= 10)
  for (const name of NAMES) {
    const program = textOf(`docs/examples/${name}.ts`)
    assert.ok(textOf(`docs/${name}.md`).includes(`\n\`\`\`ts\n${program}\`\`\`\n`), name)
    assert.ok(existsSync(new URL(`${name}.test.ts`, import.meta.url)), name)
  }
})

test('the accounts of the README are a part of a program that is tested', () => {
  const [, section = ''] = textOf('README.md').split('\n## Accounts\n')
  const [, example = ''] = /```ts\n(.*?)```/s.exec(section) ?? []
  assert.ok(example.length > 100)
  assert.ok(textOf('docs/examples/accounts.ts').includes(example))
})

const PAGES = globSync(['*.md', 'docs/*.md', 'docs/decisions/*.md'], { cwd: fileURLToPath(ROOT) })

test('every link of a page leads to a page and a heading that are there', () => {
  assert.ok(PAGES.length >= 30)
  const broken = PAGES.flatMap((page) => linksOf(page).filter((link) => !isThere(link)))
  assert.deepEqual(broken, [])
})

/** Those to files and headings, as URLs. */
function linksOf(page: string): string[] {
  const text = withoutPrograms(textOf(page))
  return Array.from(
    text.matchAll(/\]\(([^)\s]+)\)/g),
    ([, target = '']) => new URL(target, new URL(page, ROOT)).href,
  ).filter((href) => href.startsWith('file:'))
}

function isThere(link: string): boolean {
  const url = new URL(link)
  if (!existsSync(url)) return false
  return url.hash === '' || headingsOf(url.pathname).includes(decodeURIComponent(url.hash))
}

/** As GitHub names them. */
function headingsOf(path: string): string[] {
  return Array.from(textOf(path).matchAll(/^#+ (.+)$/gm), ([, title = '']) => {
    const name = title.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '')
    return `#${name.replaceAll(' ', '-')}`
  })
}
