import { deviceName } from '../auth/deviceName.ts'
import { shownAddress } from '../auth/shownAddress.ts'
import type { ActivityEntry } from '../auth/types.ts'
import { forUsers } from './guards.ts'
import { page, type Reply, refusal } from './reply.ts'
import type { RoutedRequest, Routes } from './router.ts'
import type { RouteContext } from './types.ts'
import { isoTime } from './views.ts'

const PATH = '/account/activity'

export const activityRoutes: Routes = { [PATH]: { GET: forUsers(PATH, listActivity) } }

async function listActivity({ accounts }: RouteContext, { visitor }: RoutedRequest): Promise<Reply> {
  const { userId } = visitor.exchange.session
  if (userId === null) return refusal('not_authenticated')
  const entries = await accounts.activity.list(userId)
  return page(
    (pages, shown) =>
      pages.activity(shown, {
        entries: entries.map(({ at, type, device, count }) => {
          const { userAgent, address } = device
          return {
            at,
            type,
            count,
            device: deviceName(userAgent, shown.language),
            address: shownAddress(address),
          }
        }),
      }),
    { body: { events: entries.map(eventJson) } },
  )
}

function eventJson({ at, type, sessionId, device, count }: ActivityEntry): object {
  const { userAgent, address } = device
  return {
    at: isoTime(at),
    type,
    sessionId,
    address: shownAddress(address),
    device: device.name ?? deviceName(userAgent),
    count,
  }
}
