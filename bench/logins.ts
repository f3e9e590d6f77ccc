import { PASSWORD, userOf } from './work.ts'

const AT_ONCE = 16

/** Logs the sessions in, and gives the Cookie header of each. */
export async function logIn(port: number, sessions: number): Promise<string[]> {
  const cookies: string[] = []
  for (let first = 0; first < sessions; first += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, sessions - first) }, (_, index) => first + index)
    cookies.push(...(await Promise.all(numbers.map((number) => logInOne(port, number)))))
  }
  return cookies
}

async function logInOne(port: number, number: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/login/${number}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: userOf(number).username, password: PASSWORD }),
  })
  if (response.status !== 200) throw new Error(`a login was answered ${response.status}`)
  await response.arrayBuffer()
  const pairs = response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0])
  return pairs.join('; ')
}
