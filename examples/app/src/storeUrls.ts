/** Where users live, and sessions too unless another setting says otherwise. */
export type DatabaseSetting =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres' | 'mysql'; readonly url: string }

/** Where sessions live: beside the users, in this process only, or in a store of their own. */
export type SessionStoreSetting =
  | { readonly kind: 'database' }
  | { readonly kind: 'memory' }
  /** Several are nodes of one cluster. */
  | { readonly kind: 'redis'; readonly urls: readonly string[] }
  | DatabaseSetting

/** What the URL of a database says, or `null` if it is none. */
export function databaseOf(text: string): DatabaseSetting | null {
  const path = sqlitePath(text)
  if (path !== null) return { kind: 'sqlite', path }
  if (isUrl(text, /^postgres(?:ql)?:\/\/./)) return { kind: 'postgres', url: text }
  return isUrl(text, /^mysql:\/\/./) ? { kind: 'mysql', url: text } : null
}

/** What the URL of a session store says, or `null` if it is none. */
export function sessionStoreOf(text: string): SessionStoreSetting | null {
  if (text === 'memory:') return { kind: 'memory' }
  const urls = text.split(',').map((url) => url.trim())
  const isRedis = urls.every((url) => isUrl(url, /^rediss?:\/\/./))
  return isRedis ? { kind: 'redis', urls } : databaseOf(text)
}

/** Takes `sqlite:./relative`, `sqlite:/absolute` and the spelling with two more slashes. */
function sqlitePath(text: string): string | null {
  return /^sqlite:(?:\/\/)?(.+)$/.exec(text)?.[1] ?? null
}

function isUrl(text: string, form: RegExp): boolean {
  return form.test(text) && URL.canParse(text)
}
