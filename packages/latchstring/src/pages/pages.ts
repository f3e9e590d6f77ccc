import type { Page, PlainPage, TokenView } from './types.ts'
import { type AccountView, accountPage } from './views/account.ts'
import { type ActivityView, activityPage } from './views/activity.ts'
import { confirmEmailPage } from './views/confirmEmail.ts'
import { deleteAccountPage } from './views/deleteAccount.ts'
import { type ForgotPasswordView, forgotPasswordPage } from './views/forgotPassword.ts'
import { homePage } from './views/home.ts'
import { type LoginView, loginPage } from './views/login.ts'
import { type MessageView, messagePage } from './views/message.ts'
import { notMePage } from './views/notMe.ts'
import { type OutboxView, outboxPage } from './views/outbox.ts'
import { type ReauthenticateView, reauthenticatePage } from './views/reauthenticate.ts'
import { type ResetPasswordView, resetPasswordPage } from './views/resetPassword.ts'
import { type SessionsView, sessionsPage } from './views/sessions.ts'
import { type SignupView, signupPage } from './views/signup.ts'
import { undoEmailPage } from './views/undoEmail.ts'
import { verifyEmailPage } from './views/verifyEmail.ts'

/** Every page. An application replaces any of them by a function of its own that returns a whole document. */
export interface Pages {
  readonly home: PlainPage
  readonly signup: Page<SignupView>
  readonly login: Page<LoginView>
  readonly account: Page<AccountView>
  readonly sessions: Page<SessionsView>
  readonly activity: Page<ActivityView>
  readonly forgotPassword: Page<ForgotPasswordView>
  readonly resetPassword: Page<ResetPasswordView>
  readonly verifyEmail: Page<TokenView>
  readonly confirmEmail: Page<TokenView>
  readonly undoEmail: Page<TokenView>
  readonly notMe: Page<TokenView>
  readonly reauthenticate: Page<ReauthenticateView>
  readonly deleteAccount: PlainPage
  readonly outbox: Page<OutboxView>
  readonly message: Page<MessageView>
}

export const PAGES: Pages = {
  home: homePage,
  signup: signupPage,
  login: loginPage,
  account: accountPage,
  sessions: sessionsPage,
  activity: activityPage,
  forgotPassword: forgotPasswordPage,
  resetPassword: resetPasswordPage,
  verifyEmail: verifyEmailPage,
  confirmEmail: confirmEmailPage,
  undoEmail: undoEmailPage,
  notMe: notMePage,
  reauthenticate: reauthenticatePage,
  deleteAccount: deleteAccountPage,
  outbox: outboxPage,
  message: messagePage,
}
