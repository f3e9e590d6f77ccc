import { type Node, parseSync } from 'oxc-parser'
import { lineAt, type Source } from '../source.ts'
import { childrenOf, isTypeOnly } from './nodes.ts'

/** A small change of a program, which some test ought to notice. */
export interface Mutant {
  readonly start: number
  readonly end: number
  readonly replacement: string
  readonly operator: string
  readonly line: number
}

type Draft = Omit<Mutant, 'line' | 'operator'>
type Operator = (node: Node, text: (node: Node) => string) => readonly Draft[]

const OTHER_COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
}
const OTHER_ARITHMETIC: Readonly<Record<string, string>> = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '**': '*',
}
const OTHER_LOGIC: Readonly<Record<string, string>> = { '&&': '||', '||': '&&', '??': '&&' }
const OTHER_METHODS: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  min: 'max',
  max: 'min',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  toLowerCase: 'toUpperCase',
  toUpperCase: 'toLowerCase',
}
/** Calls that hand on what they were called on. */
const DROPPED_METHODS: ReadonlySet<string> = new Set([
  'filter',
  'slice',
  'sort',
  'toSorted',
  'trim',
  'reverse',
])

/** The usual operators, each by its name. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  comparison: (node, text) =>
    node.type === 'BinaryExpression'
      ? (OTHER_COMPARISONS[node.operator] ?? []).map((other) =>
          over(node, `(${text(node.left)} ${other} ${text(node.right)})`),
        )
      : [],
  arithmetic: (node, text) => {
    if (node.type !== 'BinaryExpression' || isText(node.left) || isText(node.right)) return []
    const other = OTHER_ARITHMETIC[node.operator]
    return other === undefined ? [] : [over(node, `(${text(node.left)} ${other} ${text(node.right)})`)]
  },
  logic: (node, text) =>
    node.type === 'LogicalExpression'
      ? [over(node, `(${text(node.left)}) ${OTHER_LOGIC[node.operator]} (${text(node.right)})`)].map(
          inBrackets,
        )
      : [],
  condition: (node) => {
    const isConditional = node.type === 'IfStatement' || node.type === 'ConditionalExpression'
    return isConditional ? [over(node.test, 'true'), over(node.test, 'false')] : []
  },
  loop: (node) =>
    (node.type === 'WhileStatement' || node.type === 'ForStatement') && node.test
      ? [over(node.test, 'false')]
      : [],
  negation: (node, text) =>
    node.type === 'UnaryExpression' && node.operator === '!' ? [over(node, text(node.argument))] : [],
  boolean: (node) =>
    node.type === 'Literal' && typeof node.value === 'boolean' ? [over(node, String(!node.value))] : [],
  text: (node) => {
    if (node.type === 'Literal' && typeof node.value === 'string') {
      return [over(node, node.value === '' ? "'mutant'" : "''")]
    }
    return node.type === 'TemplateLiteral' ? [over(node, '``')] : []
  },
  list: (node) => (node.type === 'ArrayExpression' && node.elements.length > 0 ? [over(node, '[]')] : []),
  statement: (node) =>
    node.type === 'ExpressionStatement' && isEffect(node.expression) ? [over(node, ';')] : [],
  body: (node) => {
    const isFunction = node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression'
    return isFunction && node.body && node.body.body.length > 0 ? [over(node.body, '{}')] : []
  },
  return: (node) =>
    node.type === 'ReturnStatement' && node.argument && !isNothing(node.argument)
      ? [over(node, 'return null')]
      : [],
  update: (node, text) => {
    if (node.type === 'UpdateExpression') {
      const other = node.operator === '++' ? '--' : '++'
      const operand = text(node.argument)
      return [over(node, node.prefix ? other + operand : operand + other)]
    }
    if (node.type !== 'AssignmentExpression' || !['+=', '-='].includes(node.operator)) return []
    const other = node.operator === '+=' ? '-=' : '+='
    return [over(node, `${text(node.left)} ${other} ${text(node.right)}`)]
  },
  method: (node, text) => {
    if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return []
    const { property, object } = node.callee
    if (property.type !== 'Identifier') return []
    const other = OTHER_METHODS[property.name]
    if (other !== undefined) return [over(property, other)]
    return DROPPED_METHODS.has(property.name) ? [over(node, text(object))] : []
  },
  optional: (node, text) =>
    node.type === 'MemberExpression' && node.optional && !node.computed
      ? [over(node, `${text(node.object)}.${text(node.property)}`)]
      : [],
}

/** Every mutant of a file, in the order of their places. Types and the words of errors are left alone. */
export function mutantsOf(source: Source): Mutant[] {
  const { program, errors } = parseSync(source.path, source.text)
  if (errors[0]) throw new SyntaxError(`${source.path} cannot be parsed: ${errors[0].message}`)
  const mutants: Mutant[] = []
  collect(program, source, mutants)
  return mutants.sort((one, other) => one.start - other.start || one.end - other.end)
}

function collect(node: Node, source: Source, mutants: Mutant[]): void {
  if (isTypeOnly(node)) return
  const text = ({ start, end }: Node) => source.text.slice(start, end)
  for (const [operator, draftsOf] of Object.entries(OPERATORS)) {
    for (const draft of draftsOf(node, text)) {
      mutants.push({ ...draft, operator, line: lineAt(source, draft.start) })
    }
  }
  for (const child of childrenOf(node)) if (!isWording(node, child)) collect(child, source, mutants)
}

/** The second argument of an error says what to do, in words that no program reads. */
function isWording(parent: Node, child: Node): boolean {
  if (parent.type !== 'NewExpression' || parent.callee.type !== 'Identifier') return false
  if (parent.callee.name === 'LatchstringError') return parent.arguments[1] === child
  return /Error$/.test(parent.callee.name) && parent.arguments[0] === child
}

function over({ start, end }: Node, replacement: string): Draft {
  return { start, end, replacement }
}

function inBrackets(draft: Draft): Draft {
  return { ...draft, replacement: `(${draft.replacement})` }
}

function isText(node: Node): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string')
}

/** `null` in its place means the same to most callers. */
function isNothing(node: Node): boolean {
  return node.type === 'Literal' && (node.value === null || node.value === false)
}

/** A call or an assignment, also awaited. The others change nothing. */
function isEffect(node: Node): boolean {
  const { type } = node
  if (type === 'AwaitExpression') return isEffect(node.argument)
  if (type === 'UnaryExpression' && node.operator === 'void') return isEffect(node.argument)
  return ['CallExpression', 'AssignmentExpression', 'UpdateExpression', 'YieldExpression'].includes(type)
}
