import type { ActivityType, Language } from '../../auth/types.ts'

/** A title and a sentence or two below it. */
interface TitleAndText {
  readonly title: string
  readonly text: string
}

/** A task of one button, with the explanation that stands above the button. */
interface Task extends TitleAndText {
  readonly button: string
}

/** Everything that a person reads on a page, in one language. */
export interface Texts {
  readonly layout: {
    /** Names the menu to screen readers. */
    readonly menu: string
    /** Begins the title of a page that reports a problem. */
    readonly error: string
    readonly account: string
    readonly sessions: string
    readonly activity: string
    readonly logOut: string
  }
  readonly links: {
    readonly home: string
    readonly logIn: string
    readonly signUp: string
    readonly account: string
    readonly forgotPassword: string
    readonly outbox: string
  }
  readonly fields: {
    readonly email: string
    readonly emailOrUsername: string
    readonly username: string
    readonly usernameHint: string
    readonly optional: string
    readonly password: string
    readonly currentPassword: string
    readonly newPassword: string
    readonly passwordHint: (minLength: number) => string
    readonly newEmail: string
    readonly deviceName: string
  }
  /** The names of login methods by their ids. */
  readonly methods: Readonly<Record<string, string>>
  readonly home: {
    readonly visitorTitle: (appName: string) => string
    readonly visitorText: string
    readonly userTitle: (name: string) => string
    readonly userText: string
  }
  readonly signup: {
    readonly title: string
    readonly button: string
    readonly haveAccount: string
  }
  readonly login: {
    readonly title: string
    readonly button: string
    readonly remember: string
    readonly noAccount: string
  }
  readonly account: {
    readonly title: string
    readonly profile: string
    readonly verified: string
    readonly notVerified: string
    readonly resend: string
    readonly changeEmail: Task
    readonly changePassword: Task
    readonly security: string
    readonly sessionsText: string
    readonly activityText: string
    readonly deleteAccount: Task
  }
  readonly sessions: {
    readonly title: string
    readonly text: string
    readonly current: string
    readonly address: string
    readonly lastSeen: string
    readonly loggedIn: string
    readonly expires: string
    readonly methods: string
    readonly unknown: string
    readonly rename: string
    readonly saveName: string
    readonly logOut: string
    readonly logOutOthers: string
    readonly logOutEverywhere: string
  }
  readonly activity: {
    readonly title: string
    readonly text: string
    readonly empty: string
    readonly times: (count: number) => string
    readonly types: Readonly<Record<ActivityType, string>>
  }
  readonly forgotPassword: Task
  readonly resetPassword: Task
  readonly verifyEmail: Task
  readonly confirmEmail: Task
  readonly undoEmail: Task
  readonly notMe: Task & { readonly steps: { readonly logOut: string; readonly password: string } }
  readonly reauthenticate: Task
  readonly deleteAccount: Task & { readonly keep: string }
  readonly outbox: TitleAndText & { readonly empty: string; readonly to: string }
  /** Pages that only say something. */
  readonly messages: {
    readonly signupMail: TitleAndText
    readonly resetMail: TitleAndText
    readonly accountSecured: TitleAndText
    readonly emailChangeUndone: TitleAndText
  }
  /** One line above a page, after something went well. */
  readonly notices: {
    readonly verificationMail: string
    readonly emailChangeMail: string
    readonly passwordChanged: string
    readonly passwordReset: string
    readonly emailVerified: string
    readonly emailChanged: string
    readonly deviceRenamed: string
    readonly sessionRevoked: string
    readonly othersRevoked: string
    readonly loggedOut: string
    readonly accountDeleted: string
  }
  /** Titles of pages that refuse a request, by status. */
  readonly errors: {
    readonly 401: string
    readonly 403: string
    readonly 404: string
    readonly 429: string
    readonly 503: string
    readonly other: string
  }
  /** Refusals by their codes, and what is weak about a password. */
  readonly problems: {
    readonly invalid_email: string
    readonly invalid_username: string
    readonly email_taken: string
    readonly username_taken: string
    readonly invalid_credentials: string
    readonly wrong_password: string
    readonly invalid_token: string
    readonly invalid_name: string
    readonly invalid_input: string
    readonly invalid_body: string
    readonly payload_too_large: string
    readonly unsupported_media_type: string
    readonly method_not_allowed: string
    readonly weak_password: string
    readonly too_short: (minLength: number) => string
    readonly too_long: string
    readonly malformed: string
    readonly common: string
    readonly own_name: string
    readonly breached: string
    readonly unchanged: string
    readonly throttled: (minutes: number) => string
    readonly not_authenticated: string
    readonly insufficient_user_authentication: string
    readonly session_limit: string
    readonly cross_origin: string
    readonly invalid_form: string
    readonly not_found: string
    readonly not_completed: string
    readonly unavailable: string
    readonly internal_error: string
    readonly unknown: string
  }
}

export type AllTexts = Readonly<Record<Language, Texts>>
