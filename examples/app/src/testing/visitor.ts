import assert from 'node:assert/strict'

/** What a browser's address bar and forms send. */
export const PAGE = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body read as JSON; `undefined` if it is none. */
  readonly body: unknown
}

type HeaderFields = Readonly<Record<string, string>>

/** A client with a cookie jar that follows no redirect by itself. */
export class Visitor {
  readonly #url: string
  readonly #cookies = new Map<string, string>()

  constructor(url: string) {
    this.#url = url
  }

  /** The Cookie header of the next request. */
  get cookies(): string {
    return Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join('; ')
  }

  /** The secret of the session, whatever the cookie is called; `undefined` without one. */
  get sessionToken(): string | undefined {
    return this.#cookies.get('latchstring') ?? this.#cookies.get('__Host-Http-latchstring')
  }

  /** Another browser with a copy of this one's cookies. */
  copy(): Visitor {
    const copy = new Visitor(this.#url)
    for (const [name, value] of this.#cookies) copy.#cookies.set(name, value)
    return copy
  }

  get(path: string, headers?: HeaderFields): Promise<Answer> {
    return this.send('GET', path, { headers })
  }

  post(path: string, fields?: unknown, headers?: HeaderFields): Promise<Answer> {
    if (fields === undefined) return this.send('POST', path, { headers })
    return this.send('POST', path, {
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(fields),
    })
  }

  /** Fills in the form on a page as a browser does, with the token that the page has for it. */
  async submit(page: string, action: string, fields: HeaderFields = {}): Promise<Answer> {
    const { text } = await this.get(page, PAGE)
    const [, form] = text.split(`<form method="post" action="${action}">`)
    const [, formToken] = /^\s*<input type="hidden" name="formToken" value="([^"]+)">/.exec(form ?? '') ?? []
    assert.ok(formToken !== undefined, `${page} has no form for ${action}`)
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const headers = { ...PAGE, ...type, origin: this.#url }
    const body = new URLSearchParams({ formToken, ...fields }).toString()
    return this.send('POST', action, { headers, body })
  }

  async send(
    method: string,
    path: string,
    { headers = {}, body = null }: { headers?: HeaderFields | undefined; body?: string | null } = {},
  ): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { ...(this.#cookies.size > 0 && { cookie: this.cookies }), ...headers },
      body,
      redirect: 'manual',
    })
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie)
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parsed(text) }
  }

  #keep(setCookie: string): void {
    const [pair = '', ...attributes] = setCookie.split('; ')
    const [name = '', value = ''] = pair.split('=', 2)
    if (attributes.includes('Max-Age=0')) this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
