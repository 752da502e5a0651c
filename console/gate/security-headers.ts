import type { Headers } from '../http/server.ts'

/** Where browsers report breaches of the policy. */
export const REPORT_PATH = '/api/csp'

/**
 * The page may run the scripts and styles that carry the nonce of this one answer, talk to this
 * server, and nothing else; a string never becomes HTML or script by assignment (Trusted Types).
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'nonce-{nonce}'",
  "style-src 'self' 'nonce-{nonce}'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  `report-uri ${REPORT_PATH}`,
].join('; ')

/** For everything that is not the page: shown by itself, it can do nothing. */
const PLAIN_POLICY = "default-src 'none'; frame-ancestors 'none'"

const PERMISSIONS = [
  'camera=()',
  'microphone=()',
  'geolocation=()',
  'usb=()',
  'serial=()',
  'clipboard-read=()',
  'publickey-credentials-get=(self)',
  'publickey-credentials-create=(self)',
].join(', ')

const COMMON: Headers = [
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-embedder-policy', 'require-corp'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['permissions-policy', PERMISSIONS],
]

/** On every answer but the page and what tasks wrote. */
export const PLAIN_HEADERS: Headers = [...COMMON, ['content-security-policy', PLAIN_POLICY]]

/** On bytes that a task wrote: whatever they are, no browser shows them as a page of ours. */
export const FOREIGN_HEADERS: Headers = [
  ...COMMON,
  ['content-security-policy', `${PLAIN_POLICY}; sandbox`],
  ['content-disposition', 'attachment'],
]

/** On the page. @param nonce made for this one answer. */
export function pageHeaders(nonce: string): Headers {
  return [
    ...COMMON,
    ['content-security-policy', PAGE_POLICY.replaceAll('{nonce}', nonce)],
    ['cache-control', 'no-store'],
    ['vary', 'Sec-Fetch-Site, Origin'],
  ]
}

/** An answer that must not be kept: it depends on who asks. */
export const UNCACHED: Headers = [
  ['cache-control', 'no-store'],
  ['vary', 'Sec-Fetch-Site, Origin'],
]
