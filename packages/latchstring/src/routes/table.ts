import { accountRoutes } from './account.ts'
import { activityRoutes } from './activity.ts'
import { emailRoutes } from './emails.ts'
import { loginRoutes } from './login.ts'
import { logoutRoutes } from './logout.ts'
import { outboxRoutes } from './outbox.ts'
import { passwordRoutes } from './passwords.ts'
import { reauthenticateRoutes } from './reauthenticate.ts'
import type { Routes } from './router.ts'
import { sessionRoutes } from './sessions.ts'
import { signupRoutes } from './signup.ts'

/** Every path that `auth.routes()` answers, beside the stylesheet of its pages. */
export const ROUTES: Routes = {
  ...signupRoutes,
  ...loginRoutes,
  ...logoutRoutes,
  ...accountRoutes,
  ...sessionRoutes,
  ...activityRoutes,
  ...reauthenticateRoutes,
  ...passwordRoutes,
  ...emailRoutes,
  ...outboxRoutes,
}
