/** The smallest app that does with sessions what ours does, and a browser that keeps its cookie. */
import type { AddressInfo } from 'node:net';
import express from 'express';
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    note?: string;
  }
}

export interface SessionApp {
  browser(cookie?: string): SessionBrowser;
  /** The next request to `/slow` waits: `arrived` resolves when it does, `release` lets it go on. */
  holdSlowRequest(): { arrived: Promise<void>; release(): void };
  close(): Promise<void>;
}

export interface SessionBrowser {
  get(path: string): Promise<{ status: number; set: boolean; body: Record<string, unknown> }>;
  cookie(): string;
  sessionId(): string;
}

export async function startSessionApp(store: session.Store): Promise<SessionApp> {
  const gate = { arrive: (): void => undefined, open: Promise.resolve() };
  const app = express();
  app.use(session({ secret: 'only for tests', store, resave: false, saveUninitialized: false, name: 'sid' }));
  app.get('/who', (req, res) => {
    res.json({ user: req.session.passport?.user ?? null, note: req.session.note ?? null });
  });
  app.get('/sign-in/:user', (req, res, next) => {
    req.session.regenerate((failed) => {
      if (failed) return next(failed);
      req.session.passport = { user: req.params.user };
      req.session.save((error) => (error ? next(error) : res.json({})));
    });
  });
  app.get('/note/:note', (req, res) => {
    req.session.note = req.params.note;
    res.json({});
  });
  app.get('/slow', async (req, res) => {
    gate.arrive();
    await gate.open;
    req.session.note = 'late';
    res.json({});
  });
  app.get('/logout', (req, res, next) => {
    req.session.destroy((error) => (error ? next(error) : res.json({})));
  });
  app.use((error: { code?: string }, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    res.status(503).json({ code: error.code });
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    browser: (cookie = '') => openBrowser(origin, cookie),
    holdSlowRequest: () => {
      let release = (): void => undefined;
      gate.open = new Promise((resolve) => {
        release = resolve;
      });
      const arrived = new Promise<void>((resolve) => {
        gate.arrive = resolve;
      });
      return { arrived, release };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function openBrowser(origin: string, cookie: string): SessionBrowser {
  let jar = cookie;
  return {
    async get(path) {
      const response = await fetch(origin + path, { headers: { cookie: jar, 'user-agent': 'Test Browser/1.0' } });
      const set = response.headers.get('set-cookie')?.split(';')[0];
      if (set !== undefined) jar = set;
      return {
        status: response.status,
        set: set !== undefined,
        body: (await response.json()) as Record<string, unknown>,
      };
    },
    cookie: () => jar,
    sessionId: () =>
      decodeURIComponent(jar)
        .replace(/^sid=s:/, '')
        .split('.')[0] ?? '',
  };
}
