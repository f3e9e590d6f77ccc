import type { AuthEvent } from 'latchstring/express'

/** What a dashboard should show: `createAuth({ onEvent: countAttacks(count), … })`. */
export function countAttacks(count: (metric: string) => void): (event: AuthEvent) => void {
  return (event) => {
    if (event.type === 'account.throttled') count(`throttled.${event.bucket}`)
    if (event.type === 'account.throttle_local') count('throttling_without_store')
    if (event.type === 'account.activity' && event.activity === 'login_failed') count('login_failed')
  }
}
