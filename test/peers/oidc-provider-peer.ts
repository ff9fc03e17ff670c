/** Starts oidc-provider in a process of its own, where it is what it is in production, and plays the person's browser. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PeerAnswer, PeerRequest } from './oidc-provider-process.js';

/** The one person who signs in there. */
export const ACCOUNT = 'ada-0001';

export interface Peer {
  readonly issuer: string;
  /** A new signing key, used from now on, beside the present ones. The clients and grants are forgotten. */
  addSigningKey(algorithm: string): Promise<void>;
  close(): Promise<void>;
}

/** @param clients client metadata as the provider's own documentation writes it */
export async function startPeer(clients: readonly object[]): Promise<Peer> {
  const program = fileURLToPath(new URL('./oidc-provider-process.ts', import.meta.url));
  // Silent: oidc-provider comments on this Node version and on every default it would change.
  const child = fork(program, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const { issuer } = await ask(child, { kind: 'start', clients });
  return {
    issuer,
    addSigningKey: async (algorithm) => void (await ask(child, { kind: 'add key', algorithm })),
    close: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

async function ask(child: ChildProcess, request: PeerRequest): Promise<PeerAnswer> {
  const answered = once(child, 'message');
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the provider's process ended with ${code}`);
  });
  child.send(request);
  const [answer] = await Promise.race([answered, died]);
  return answer;
}

/** A browser without a screen: keeps cookies, follows redirects, stops at the address it is told. */
export class TinyBrowser {
  readonly #cookies = new Map<string, string>();

  /** @returns the first address that begins with `stopAt`; with an empty one, the page that is shown in the end */
  async visit(url: string, stopAt: string, init: RequestInit = {}): Promise<{ url: string; html: string }> {
    let next = url;
    let request = init;
    for (let steps = 0; steps < 20; steps += 1) {
      const headers = { ...Object.fromEntries(new Headers(request.headers)), cookie: this.#header() };
      const response = await fetch(next, { ...request, headers, redirect: 'manual' });
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ''] = cookie.split(';');
        this.#cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      const location = response.headers.get('location');
      if (location === null) {
        const html = await response.text();
        // A page is only expected where nothing to stop at was named.
        if (stopAt !== '')
          throw new Error(`the provider shows a page instead (${response.status}): ${html.slice(0, 2_000)}`);
        return { url: next, html };
      }
      await response.body?.cancel();
      next = new URL(location, next).href;
      if (stopAt !== '' && next.startsWith(stopAt)) return { url: next, html: '' };
      request = {};
    }
    throw new Error('the provider redirects without end');
  }

  #header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
