import { type Html, html } from './html.ts'
import type { PageContext } from './types.ts'

interface Label {
  /** Also the id, so unique on the page. */
  readonly name: string
  readonly label: string
  readonly hint?: string
}

interface TextField extends Label {
  readonly type: 'text' | 'email'
  readonly autocomplete: 'username' | 'email' | 'nickname'
  /** What was typed before. */
  readonly value: string
  readonly isOptional?: boolean
}

/** A password is never written into a page, so there is no value; and never cut, so there is no longest. */
interface PasswordField extends Label {
  readonly autocomplete: 'current-password' | 'new-password'
  readonly minLength?: number
}

export function textField(context: PageContext, field: TextField): Html {
  const { name, type, autocomplete, value, isOptional = false } = field
  return labelled(
    context,
    field,
    isOptional,
    html`<input id="${name}" name="${name}" type="${type}" value="${value}" autocomplete="${autocomplete}"
 autocapitalize="none" spellcheck="false"${!isOptional && html` required`}${marks(context, field)}>`,
  )
}

export function passwordField(context: PageContext, field: PasswordField): Html {
  const { name, autocomplete, minLength } = field
  const shortest = minLength !== undefined && html` minlength="${minLength}"`
  return labelled(
    context,
    field,
    false,
    html`<input id="${name}" name="${name}" type="password" autocomplete="${autocomplete}" required${shortest}${marks(context, field)}>`,
  )
}

/** A new password with the rule that it has to keep. */
export function newPasswordField(context: PageContext, name: string, minLength: number): Html {
  const { newPassword, passwordHint, password } = context.texts.fields
  const label = name === 'password' ? password : newPassword
  const hint = passwordHint(minLength)
  return passwordField(context, { name, label, hint, autocomplete: 'new-password', minLength })
}

function labelled(
  context: PageContext,
  { name, label, hint }: Label,
  isOptional: boolean,
  input: Html,
): Html {
  const problem = problemOf(context, name)
  const optional = isOptional && html` <span class="optional">${context.texts.fields.optional}</span>`
  return html`<div class="field">
<label for="${name}">${label}${optional}</label>
${input}
${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
${problem !== null && html`<p class="problem" id="${name}-problem">${problem}</p>`}
</div>`
}

/** What a screen reader needs to tell of the hint and of the problem. The focus goes to where the problem is. */
function marks(context: PageContext, { name, hint }: Label): Html {
  const hasProblem = problemOf(context, name) !== null
  const ids = [hint !== undefined && `${name}-hint`, hasProblem && `${name}-problem`].filter(Boolean)
  const described = ids.length > 0 && html` aria-describedby="${ids.join(' ')}"`
  return html`${described}${hasProblem && html` aria-invalid="true" autofocus`}`
}

function problemOf({ problem }: PageContext, name: string): string | null {
  return problem?.field === name ? problem.message : null
}
