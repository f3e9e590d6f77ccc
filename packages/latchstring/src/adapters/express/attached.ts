import type { Exchange, ExchangeContext } from '../../http/exchange.ts'

/**
 * The exchange of a request, and whose it is: sessions of one `createAuth` mean nothing to another. It shows
 * nothing to whoever prints a request with all that it holds.
 */
export class AttachedExchange {
  readonly #exchange: Exchange
  readonly #context: ExchangeContext

  constructor(exchange: Exchange, context: ExchangeContext) {
    this.#exchange = exchange
    this.#context = context
  }

  belongsTo(context: ExchangeContext): boolean {
    return this.#context === context
  }

  reveal(): Exchange {
    return this.#exchange
  }
}
