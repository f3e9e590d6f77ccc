/** Nothing runs, nothing comes from elsewhere. Images are for the application's icon and its own stylesheet. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

/**
 * The headers of every page.
 *
 * The Referrer-Policy is not `no-referrer`, because browsers then send `Origin: null` with our own forms, and a
 * browser that does not send Sec-Fetch-Site either could not be told from a stranger's.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/**
 * The headers of a page with a mailed token in its address. No Referer may carry it, not even to this site, where
 * it would reach the logs of whatever serves the stylesheet. `strict-origin` leaves the bare origin of it, and the
 * header Origin of the form as it is.
 */
export const TOKEN_PAGE_HEADERS: Readonly<Record<string, string>> = {
  ...PAGE_HEADERS,
  'Referrer-Policy': 'strict-origin',
}

/** The name of the stylesheet tells its content, so that it never changes. */
export const STYLESHEET_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/css; charset=utf-8',
  'Cache-Control': 'public, max-age=31536000, immutable',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
}
