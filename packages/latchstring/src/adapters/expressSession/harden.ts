/**
 * Closes a prototype that every visitor's session shares: keys of a request body used in an assignment, as in
 * `req.session[a][b] = c`, must neither reach it nor replace it. Its methods can still be overridden, on one object.
 */
export function hardenPrototype(prototype: object, methods: readonly string[]): void {
  for (const name of methods) makeOverridable(prototype, name)
  Object.defineProperty(prototype, '__proto__', { get: () => prototype, set() {} })
  Object.freeze(prototype)
}

/** A frozen method could not be assigned on the objects that inherit it either. */
function makeOverridable(prototype: object, name: string): void {
  const method: unknown = Reflect.get(prototype, name)
  Object.defineProperty(prototype, name, {
    get: () => method,
    set(this: object, value: unknown) {
      defineOwn(this, name, value)
    },
  })
}

/** As an assignment does where no prototype has a say. */
export function defineOwn(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
}
