import { form } from './form.ts'
import { type Fragment, html } from './html.ts'
import { layout } from './layout.ts'
import type { PageContext } from './types.ts'

interface Task {
  readonly title: string
  readonly text: string
  readonly button: string
}

interface TaskParts {
  readonly action: string
  /** What the form has above its button. */
  readonly content: Fragment
  readonly fields?: readonly string[]
  readonly below?: Fragment
}

/** A page with one thing to do: a sentence that explains it, and a form with one button. */
export function taskPage(context: PageContext, task: Task, parts: TaskParts): string {
  const { action, content, fields = [], below } = parts
  return layout(context, {
    title: task.title,
    width: 'narrow',
    fields,
    content: html`<p class="lead">${task.text}</p>
${form(context, action, html`${content}\n<button>${task.button}</button>`)}
${below}`,
  })
}
