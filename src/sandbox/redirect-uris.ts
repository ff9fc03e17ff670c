/**
 * Where the sandbox sends people back to: this provider's callback on this machine, whatever the port, because a program on a
 * desktop listens where it can (RFC 8252 section 7.3). Nothing else is ever redirected to.
 */
import { isLoopbackHost } from './request.js';

/** For callers that cannot listen: the code or verifier is shown on a page instead. */
const outOfBand: ReadonlySet<string> = new Set(['oob', 'urn:ietf:wg:oauth:2.0:oob']);

export function isOutOfBand(redirectUri: string): boolean {
  return outOfBand.has(redirectUri);
}

/** @param basePaths what may stand before `/auth/<provider>/callback` in the path, `''` for nothing */
export function isAllowedRedirect(redirectUri: string, providerId: string, basePaths: readonly string[]): boolean {
  if (isOutOfBand(redirectUri)) return true;
  if (!URL.canParse(redirectUri)) return false;
  const url = new URL(redirectUri);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  if (!isLoopbackHost(url.hostname)) return false;
  // Compared as sent, so that no encoding or dot segment gets around the rule (RFC 9700 section 2.1: exact comparison).
  const origins = [url.origin, `${url.protocol}//${url.host}`];
  return basePaths.some((basePath) =>
    origins.some((origin) => redirectUri === `${origin}${basePath}/auth/${providerId}/callback`),
  );
}
