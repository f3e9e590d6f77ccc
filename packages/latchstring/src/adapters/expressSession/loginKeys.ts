/** By these names applications usually remember who is logged in. */
const USUAL_KEYS = [
  'user',
  'userId',
  'userID',
  'user_id',
  'uid',
  'username',
  'account',
  'passport',
  'loggedIn',
  'loggedin',
  'isLoggedIn',
  'authenticated',
  'isAuthenticated',
]

/** The first of these keys that has appeared in a session, by which somebody seems to have logged in. */
export function appearedKey(
  session: object,
  original: ReadonlyMap<string, unknown>,
  keys: readonly string[] = USUAL_KEYS,
): string | undefined {
  return keys.find((name) => Object.hasOwn(session, name) && !original.has(name))
}
