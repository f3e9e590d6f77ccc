import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'

export interface MailServer {
  readonly url: string
  /** Whole mails, headers first. */
  readonly received: readonly string[]
}

/** Takes every mail by the plainest SMTP (RFC 5321), until the test is over. */
export async function startMailServer(t: TestContext): Promise<MailServer> {
  const received: string[] = []
  const server = createServer((socket) => void converse(socket, received))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: `smtp://127.0.0.1:${port}`, received }
}

async function converse(socket: Socket, received: string[]): Promise<void> {
  socket.write('220 mail.example.test\r\n')
  let mail: string[] | null = null
  for await (const line of createInterface(socket)) {
    if (mail === null) {
      if (line === 'QUIT') return void socket.end('221 bye\r\n')
      if (line === 'DATA') mail = []
      socket.write(line === 'DATA' ? '354 go on\r\n' : '250 ok\r\n')
    } else if (line === '.') {
      received.push(mail.map((one) => `${one}\r\n`).join(''))
      mail = null
      socket.write('250 ok\r\n')
    } else mail.push(line)
  }
}
