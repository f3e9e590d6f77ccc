import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface Drain {
  /**
   * Stops accepting, lets requests in flight finish, and resolves when the last connection is closed.
   * Answers false if requests had to be cut off because they took longer than `limit` milliseconds.
   */
  finish(limit: number): Promise<boolean>
}

/**
 * Watches a server's connections from the start. `server.close()` alone would wait for connections that a
 * browser opened ahead of time and has not used, and for those that it keeps alive after a slow request.
 */
export function watchForDrain(server: Server): Drain {
  const open = new Set<Socket>()
  const inFlight = new Set<ServerResponse>()
  let draining = false

  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  server.prependListener('request', (request, response) => {
    inFlight.add(response)
    if (draining) closeAfter(response)
    response.once('close', () => {
      inFlight.delete(response)
      if (draining && !isBusy(request.socket)) request.socket.end()
    })
  })

  /** One connection may have several requests in flight, sent without waiting for the answers. */
  function isBusy(socket: Socket): boolean {
    return Array.from(inFlight).some(({ req }) => req.socket === socket)
  }

  return {
    finish(limit) {
      draining = true
      for (const response of inFlight) closeAfter(response)
      for (const socket of open) if (!isBusy(socket)) socket.destroy()
      return closed(server, limit)
    },
  }
}

function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}

function closed(server: Server, limit: number): Promise<boolean> {
  return new Promise((resolve) => {
    let isComplete = true
    const timer = setTimeout(() => {
      isComplete = false
      server.closeAllConnections()
    }, limit)
    server.close(() => {
      clearTimeout(timer)
      resolve(isComplete)
    })
  })
}
