/**
 * Whether a failed request may have reached the server. Only failures that certainly happened before the first byte was written count as not
 * sent; a wrong "not sent" could spend a rotating refresh token twice, a wrong "sent" only costs a retry.
 */

/** Failures of name resolution, connection and TLS, by the codes that Node and undici give them. */
const BEFORE_THE_FIRST_BYTE = new Set([
  ...[
    'ENOTFOUND',
    'EAI_AGAIN',
    'EAI_FAIL',
    'EAI_NONAME',
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'EHOSTDOWN',
    'ENETUNREACH',
    'ENETDOWN',
  ],
  ...['EADDRNOTAVAIL', 'EMFILE', 'ENFILE', 'UND_ERR_CONNECT_TIMEOUT', 'ERR_INVALID_URL', 'UND_ERR_INVALID_ARG'],
  ...['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN'],
  ...[
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
]);

/**
 * @param error what the injected fetch rejected with; an outbound client may state `sent: false` itself. Judged by its fields and not by its
 *   class, because errors of Node's own modules can come from another realm.
 */
export function requestWasSent(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth += 1) {
    if ('sent' in current && typeof current.sent === 'boolean') return current.sent;
    if ('code' in current && typeof current.code === 'string' && BEFORE_THE_FIRST_BYTE.has(current.code)) return false;
    if ('errors' in current && Array.isArray(current.errors) && current.errors.length > 0) {
      return current.errors.some(requestWasSent);
    }
    current = 'cause' in current ? current.cause : undefined;
  }
  return true;
}
