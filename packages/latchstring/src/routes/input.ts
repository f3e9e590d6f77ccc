import { booleanField, textField } from '../http/fields.ts'
import { InputRefusal } from '../http/inputRefusal.ts'
import { safeReturnPath } from '../http/returnPath.ts'
import { inputRefusal, type Reply } from './reply.ts'
import type { Handler, RoutedRequest } from './router.ts'
import type { RouteContext } from './types.ts'

/** Reads the fields of a request and remembers the first that is not what it should be. */
export class FieldReader {
  readonly #request: RoutedRequest
  #refusal: InputRefusal | null = null

  constructor(request: RoutedRequest) {
    this.#request = request
  }

  get refusal(): InputRefusal | null {
    return this.#refusal
  }

  /** Empty if it is missing. */
  text(name: string): string {
    return this.#checked(textField(this.#request.fields, name), '')
  }

  isTicked(name: string): boolean {
    return this.#checked(booleanField(this.#request.fields, name), false)
  }

  /** Where the request wants to go on afterwards, if that is a path of this site. */
  returnPath(fallback: string): string {
    return returnPath(this.#request, fallback)
  }

  #checked<T>(value: T | InputRefusal, nothing: T): T {
    if (!(value instanceof InputRefusal)) return value
    this.#refusal ??= value
    return nothing
  }
}

/** A handler that is reached with fields that are what they should be, and nothing else. */
export function withFields<Given>(
  read: (fields: FieldReader) => Given,
  handler: (context: RouteContext, request: RoutedRequest, given: Given) => Promise<Reply> | Reply,
): Handler {
  return (context, request) => {
    const fields = new FieldReader(request)
    const given = read(fields)
    return fields.refusal === null ? handler(context, request, given) : inputRefusal(fields.refusal)
  }
}

export function returnPath({ fields, query }: RoutedRequest, fallback: string): string {
  const { returnTo } = fields
  return safeReturnPath(returnTo ?? query.get('returnTo'), fallback)
}
