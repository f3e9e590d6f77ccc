import { globSync, readFileSync } from 'node:fs'
import {
  type Node,
  type ObjectExpression,
  type ParseResult,
  parseSync,
  type StaticExport,
  Visitor,
} from 'oxc-parser'

/** A source file by its path from the repository's root, with forward slashes on every system. */
export interface Source {
  readonly path: string
  readonly text: string
}

/** Something found in a source: a module's specifier, an identifier, a test's name. */
export interface Found {
  readonly name: string
  readonly line: number
}

/** Stands for `import(x)` whose module only the running program knows. */
export const UNKNOWN_MODULE = '(computed)'

const TEST_FUNCTIONS = new Set(['test', 'it', 'describe', 'suite'])

export function readSources(patterns: readonly string[]): Source[] {
  return globSync(patterns, { exclude: ['**/node_modules/**', '**/dist/**'] })
    .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))
    .sort((a, b) => a.path.localeCompare(b.path, 'en'))
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts')
}

/** Every module that the source names: `import`, `export … from`, `import()`, types and reference comments. */
export function importsOf(source: Source): Found[] {
  const parsed = parse(source)
  return [
    ...staticImports(source, parsed),
    ...nestedImports(source, parsed),
    ...referenceComments(source, parsed),
  ]
}

/** Every identifier as `name`, every plain member access also as `object.property`, and `new Date()`. */
export function identifiersOf(source: Source): Found[] {
  const found: Found[] = []
  const add = (name: string, at: Node) => found.push({ name, line: lineAt(source, at.start) })
  new Visitor({
    Identifier: (node) => add(node.name, node),
    MemberExpression: (node) => {
      if (node.object.type === 'Identifier' && node.property.type === 'Identifier' && !node.computed) {
        add(`${node.object.name}.${node.property.name}`, node)
      }
    },
    NewExpression: (node) => {
      const isDate = node.callee.type === 'Identifier' && node.callee.name === 'Date'
      if (isDate && node.arguments.length === 0) add('new Date()', node)
    },
  }).visit(parse(source).program)
  return found
}

/**
 * The names of the tests and suites that run: a skipped or unfinished one proves nothing. Tests that stand in a list,
 * as those of the store contract do, are objects with a `name` and a `run`.
 */
export function testNamesOf(source: Source): Found[] {
  const found: Found[] = []
  const add = (name: Node | undefined) => {
    if (name !== undefined) found.push({ name: textIn(name), line: lineAt(source, name.start) })
  }
  new Visitor({
    CallExpression: (node) => {
      const [name, options] = node.arguments
      if (isTestFunction(node.callee) && !isPutOff(options)) add(name)
    },
    ObjectExpression: (node) => {
      if (propertyOf(node, 'run') !== undefined) add(propertyOf(node, 'name'))
    },
  }).visit(parse(source).program)
  return found
}

export function lineAt(source: Source, offset: number): number {
  return source.text.slice(0, offset).split('\n').length
}

function parse({ path, text }: Source): ParseResult {
  const parsed = parseSync(path, text)
  const [error] = parsed.errors
  if (error) throw new SyntaxError(`${path} cannot be parsed: ${error.message}`)
  return parsed
}

function staticImports(source: Source, { module }: ParseResult): Found[] {
  const requests = [
    ...module.staticImports.map((statement) => statement.moduleRequest),
    ...module.staticExports.flatMap(reexported),
  ]
  return requests.map(({ value, start }) => ({ name: value, line: lineAt(source, start) }))
}

function reexported(statement: StaticExport) {
  const request = statement.entries[0]?.moduleRequest
  return request ? [request] : []
}

function nestedImports(source: Source, { program }: ParseResult): Found[] {
  const found: Found[] = []
  const add = (module: Node) => {
    const name = module.type === 'Literal' && typeof module.value === 'string' ? module.value : UNKNOWN_MODULE
    found.push({ name, line: lineAt(source, module.start) })
  }
  new Visitor({
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
  }).visit(program)
  return found
}

function referenceComments(source: Source, { comments }: ParseResult): Found[] {
  return comments.flatMap(({ value, start }) => {
    const name = /^\/\s*<reference\s+(?:types|path)=["']([^"']+)/.exec(value)?.[1]
    return name === undefined ? [] : [{ name, line: lineAt(source, start) }]
  })
}

function isTestFunction(callee: Node): boolean {
  const called = callee.type === 'MemberExpression' ? callee.property : callee
  return called.type === 'Identifier' && TEST_FUNCTIONS.has(called.name)
}

/** A test is also skipped by a condition, `{ skip: !hasBrowser }`: that one runs somewhere. */
function isPutOff(options: Node | undefined): boolean {
  if (options?.type !== 'ObjectExpression') return false
  return ['skip', 'todo'].some((option) => propertyOf(options, option)?.type === 'Literal')
}

function propertyOf({ properties }: ObjectExpression, name: string): Node | undefined {
  for (const property of properties) {
    const isNamed =
      property.type === 'Property' && property.key.type === 'Identifier' && property.key.name === name
    if (isNamed) return property.value
  }
  return undefined
}

/** All the literal text inside an expression, so that a name put together from parts is still read. */
function textIn(expression: Node): string {
  if (expression.type === 'Literal') return String(expression.value)
  if (expression.type === 'TemplateLiteral') return expression.quasis.map((part) => part.value.raw).join('…')
  if (expression.type === 'BinaryExpression') return textIn(expression.left) + textIn(expression.right)
  return ''
}
