/** The one outbound HTTP client, with an eye on the request that really goes out: `--explain` is about that one and no other. */
import { type Fetch, type FetchOptions, HttpClient } from '../../http/index.js';

export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined for bodies that are no text. */
  readonly body: string | undefined;
}

export class WatchedHttp extends HttpClient {
  #last: SentRequest | undefined;

  /** The latest request. */
  get last(): SentRequest | undefined {
    return this.#last;
  }

  override fetch(options?: FetchOptions): Fetch {
    const fetch = super.fetch(options);
    return (input, init = {}) => {
      const request = input instanceof Request ? input : undefined;
      const { body } = init;
      this.#last = {
        method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
        url: request?.url ?? String(input),
        headers: Object.fromEntries(new Headers(init.headers ?? request?.headers)),
        body: typeof body === 'string' || body instanceof URLSearchParams ? String(body) : undefined,
      };
      return fetch(input, init);
    };
  }
}
