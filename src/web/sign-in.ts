/** Signing a browser in and out. The session id changes at sign-in, and the store has the new one before any redirect is sent. */
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import passport from 'passport';
import type { PrismaClient } from '../db/index.js';
import type { Cookies } from './cookies.js';
import type { Site } from './site.js';

declare global {
  namespace Express {
    interface User {
      id: string;
      name: string | null;
    }
  }
}

declare module 'express-session' {
  interface SessionData {
    /** Hash of the flow that this session came from, so that a reloaded callback is recognised. */
    flow?: string;
    /** When the person last proved who they are; ms since the epoch. */
    signedInAt?: number;
    passport?: { user?: string };
  }
}

/** The cookie's life counts from the sign-in; the store enforces the idle limit and the absolute one. */
const COOKIE_LIFE_MS = 90 * 24 * 3600 * 1000;

export interface SignInOptions {
  readonly prisma: PrismaClient;
  readonly store: session.Store;
  readonly secrets: readonly string[];
  readonly cookies: Cookies;
  readonly site: Site;
}

/** The middleware that restores the signed-in person from the session cookie. */
export function sessionMiddleware({ prisma, store, secrets, cookies, site }: SignInOptions) {
  const authenticator = new passport.Passport();
  authenticator.serializeUser((user, done) => done(null, user.id));
  authenticator.deserializeUser((id: string, done) => {
    prisma.user.findUnique({ where: { id }, select: { id: true, name: true, state: true } }).then(
      // Somebody who was disabled or deleted is signed out from this moment on.
      (user) => done(null, user?.state === 'active' ? { id: user.id, name: user.name } : false),
      (error) => done(error),
    );
  });
  const sessions = session({
    name: cookies.names.session,
    secret: [...secrets],
    store,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', secure: site.secure, path: '/', maxAge: COOKIE_LIFE_MS },
  });
  const asPeopleReachUs: RequestHandler = (req, _res, next) => {
    // BASE_URL says that people come over https. A proxy that forgets to say so must not keep the Secure cookie from being set.
    if (site.secure) Object.defineProperty(req, 'secure', { value: true });
    next();
  };
  return { authenticator, handlers: [asPeopleReachUs, sessions, authenticator.initialize(), authenticator.session()] };
}

export type Authenticator = ReturnType<typeof sessionMiddleware>['authenticator'];

export interface Proof {
  /** Hash of the flow that proved who it is. */
  readonly flow: string | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The browser gets a new session id, and the old one is dead; both are stored when this resolves. */
export async function signIn(req: Request, userId: string, { flow, at }: Proof): Promise<void> {
  await logIn(req, { id: userId, name: null }, { keepSessionInfo: false });
  req.session.signedInAt = at;
  if (flow) req.session.flow = flow;
  await saved(req);
}

/** A new session id for the same session, because it may do more from now on. */
export async function renewSession(req: Request): Promise<void> {
  if (!req.user) return;
  await logIn(req, req.user, { keepSessionInfo: true });
}

function logIn(req: Request, user: Express.User, { keepSessionInfo }: { keepSessionInfo: boolean }): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    req.logIn(user, { session: true, keepSessionInfo }, (error) => (error ? reject(error) : resolve()));
  });
}

function saved(req: Request): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    req.session.save((error) => (error ? reject(error) : resolve()));
  });
}

/** Takes from the browser what a session, a flow or a decision that is under way needs. */
export function forgetBrowser(req: Request, res: Response, cookies: Cookies): void {
  cookies.clear(res, cookies.names.session);
  cookies.clear(res, cookies.names.pending);
  for (const name of cookies.all(req).keys()) {
    if (name.startsWith(cookies.flowPrefix)) cookies.clear(res, name);
  }
}

/** Ends the session at the server before anything is answered, and takes the cookie and the pending flows from the browser. */
export async function signOut(req: Request, res: Response, cookies: Cookies): Promise<void> {
  forgetBrowser(req, res, cookies);
  await endSession(req);
}

export async function endSession(req: Request): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    req.session.destroy((error) => (error ? reject(error) : resolve()));
  });
}
