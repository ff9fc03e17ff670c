/** The headers of every response, errors and static files included. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import type { Headers } from './http-server.js';
import type { Site } from './site.js';

const ONE_YEAR_SECONDS = 31_536_000;

/** A middleware of Express, and of plain Node as well. */
export type HeaderSetter = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/** @param loopbackOrigins origins on this machine that a form may lead to: the sandbox's, and custom providers' */
export function securityHeaders(site: Site, loopbackOrigins: readonly string[]): HeaderSetter {
  const secure = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        // Chromium applies this to every redirect after the POST, and a provider's log-in hosts cannot all be listed.
        formAction: ["'self'", 'https:', ...loopbackOrigins],
      },
    },
    // Over http this header means nothing, and on localhost it would spoil every other project of the developer.
    strictTransportSecurity: site.secure ? { maxAge: ONE_YEAR_SECONDS, includeSubDomains: true } : false,
    // Not `no-referrer`: browsers then send `Origin: null` with our own forms, and the origin check would have nothing to check.
    referrerPolicy: { policy: 'same-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  return (req, res, next) => {
    res.removeHeader('X-Powered-By');
    res.setHeader('Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()');
    // Pages name a person's accounts, so nothing of them is kept; static files say otherwise themselves.
    res.setHeader('Cache-Control', 'no-store');
    secure(req, res, next);
  };
}

/** What it sets, for answers that are written by hand. */
export function headersOf(setter: HeaderSetter): Headers {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  setter(request, response, () => undefined);
  return Object.fromEntries(
    Object.entries(response.getHeaders()).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
}
