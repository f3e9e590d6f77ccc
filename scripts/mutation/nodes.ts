import type { Node } from 'oxc-parser'

/** Expressions that TypeScript wraps: only what is inside exists at run time. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'TSAsExpression',
  'TSNonNullExpression',
  'TSSatisfiesExpression',
])
const TYPE_FIELDS: ReadonlySet<string> = new Set([
  'typeAnnotation',
  'returnType',
  'typeParameters',
  'typeArguments',
  'superTypeArguments',
  'implements',
  'decorators',
])

/** What the program loses when its types are stripped, and imports, which say nothing by themselves. */
export function isTypeOnly({ type }: Node): boolean {
  if (type.startsWith('TS')) return !WRAPPERS.has(type)
  return type === 'ImportDeclaration'
}

/** The nodes right inside a node that exist at run time, without the names of properties. */
export function childrenOf(node: Node): Node[] {
  return Object.entries(node).flatMap(([field, value]) => {
    if (TYPE_FIELDS.has(field) || isName(node, field)) return []
    return [value].flat().filter(isNode)
  })
}

function isName(node: Node, field: string): boolean {
  return field === 'key' && 'computed' in node && !node.computed
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}
