/**
 * A provider's token endpoint of a few lines, for tests of what refreshes do to it: it rotates refresh tokens, kills a family whose token is
 * used twice, and counts what is in flight. Stands where the sandbox would, so that the built-in definitions lead to it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** The connection is cut instead of answered. */
  readonly cut?: boolean;
}

export interface TokenCall {
  readonly path: string;
  readonly refreshToken: string;
}

export class TokenEndpoint {
  readonly calls: TokenCall[] = [];
  /** The most requests that were ever under way at once. */
  peak = 0;
  /** Answers instead of granting; undefined grants. Awaited, so that it can hold requests. */
  answer: (call: TokenCall) => TokenAnswer | undefined | Promise<TokenAnswer | undefined> = () => undefined;
  rotates = true;
  /** Whether a refresh token that comes a second time ends the whole family. */
  reuseKills = true;
  lifeSeconds = 28_800;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  /** Refresh token to its family; the family's live token. */
  readonly #families = new Map<string, string>();
  readonly #live = new Map<string, string>();
  #inFlight = 0;
  #beforeSending: Promise<void> | undefined;

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A refresh token as a person's consent would have brought it. */
  grant(family: string): string {
    const token = `${family}.0`;
    this.#families.set(token, family);
    this.#live.set(family, token);
    return token;
  }

  /**
   * From now on requests wait, before anything is granted.
   * @param which those; default all
   * @returns answers those waiting, and ends it
   */
  hold(which: (call: TokenCall) => boolean = () => true): () => void {
    let release = () => {};
    const held = new Promise<undefined>((resolve) => {
      release = () => {
        this.answer = () => undefined;
        resolve(undefined);
      };
    });
    this.answer = (call) => (which(call) ? held : undefined);
    return release;
  }

  /** The next answer waits after its grant was made: the provider has committed, and nobody knows yet. @returns sends it */
  holdNextAnswer(): () => void {
    let release = () => {};
    this.#beforeSending = new Promise<void>((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** Forgets what was asked, not what was granted. */
  reset(): void {
    this.calls.length = 0;
    this.peak = 0;
    this.answer = () => undefined;
    this.rotates = true;
    this.reuseKills = true;
    this.lifeSeconds = 28_800;
  }

  isLive(refreshToken: string): boolean {
    const family = this.#families.get(refreshToken);
    return family !== undefined && this.#live.get(family) === refreshToken;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const call = { path: request.url ?? '', refreshToken: new URLSearchParams(body).get('refresh_token') ?? '' };
    this.calls.push(call);
    this.#inFlight += 1;
    this.peak = Math.max(this.peak, this.#inFlight);
    const scripted = await this.answer(call);
    this.#inFlight -= 1;
    if (scripted?.cut) {
      request.socket.destroy();
      return;
    }
    const { status = 200, headers = {}, body: text = '' } = scripted ?? this.#grantOrRefuse(call.refreshToken);
    const held = this.#beforeSending;
    this.#beforeSending = undefined;
    await held;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(text);
  }

  #grantOrRefuse(refreshToken: string): TokenAnswer {
    const family = this.#families.get(refreshToken);
    if (family === undefined || this.#live.get(family) !== refreshToken) {
      if (family !== undefined && this.reuseKills) this.#live.delete(family);
      return { status: 400, body: JSON.stringify({ error: 'invalid_grant' }) };
    }
    const [, count = '0'] = /\.(\d+)$/.exec(refreshToken) ?? [];
    const next = this.rotates ? `${family}.${Number(count) + 1}` : refreshToken;
    this.#families.set(next, family);
    this.#live.set(family, next);
    return {
      body: JSON.stringify({
        access_token: `access-${family}-${this.calls.length}`,
        token_type: 'Bearer',
        expires_in: this.lifeSeconds,
        ...(this.rotates ? { refresh_token: next } : {}),
      }),
    };
  }
}
