/** Where the app is reached: everything that depends on BASE_URL, worked out once. No request header can change it. */
import { isLoopback as isLoopbackHost } from '../oauth2/index.js';

export { isLoopbackHost };

export interface Site {
  /** Such as `https://app.example.com`. */
  readonly origin: string;
  /** Path under which the routes are mounted, without a trailing slash; empty at the root. */
  readonly basePath: string;
  readonly secure: boolean;
  /** Whether people reach it on their own machine, where any loopback host name and port is as good as another. */
  readonly loopback: boolean;
  /** A path of this app, as a browser has to ask for it. */
  path(path: string): string;
  /** The one URL to register at a provider. */
  callbackUrl(providerId: string): string;
}

export function siteAt(baseUrl: string): Site {
  const url = new URL(baseUrl);
  const basePath = url.pathname.replace(/\/+$/, '');
  return {
    origin: url.origin,
    basePath,
    secure: url.protocol === 'https:',
    loopback: isLoopbackHost(url.hostname),
    path: (path) => `${basePath}${path}`,
    callbackUrl: (id) => `${url.origin}${basePath}/auth/${id}/callback`,
  };
}
