/** A browser as the suites need one: a cookie jar, forms with their CSRF token, redirects followed only when asked. */

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Absolute target of a redirect. */
  readonly location: string | undefined;
}

export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #base: string;
  readonly #fetch: typeof fetch;

  /** @param send another way to send requests, for a site whose certificate nobody else would trust */
  constructor(base: string, send: typeof fetch = fetch) {
    this.#base = base;
    this.#fetch = send;
  }

  /** Same cookies, but separate from now on; perhaps at another instance of the app. */
  clone(base = this.#base): Browser {
    const copy = new Browser(base, this.#fetch);
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  async request(path: string, init: RequestInit = {}): Promise<Page> {
    const url = new URL(path, this.#base);
    const headers = new Headers(init.headers);
    headers.set('accept', headers.get('accept') ?? 'text/html');
    const own = url.host === new URL(this.#base).host;
    if (own && this.cookies.size > 0) {
      headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    }
    const response = await this.#fetch(url, { ...init, headers, redirect: 'manual' });
    if (own) for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get('location');
    return {
      url: url.href,
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: location === null ? undefined : new URL(location, url).href,
    };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.request(path, { headers });
  }

  /** Posts a form as the page would: with the token that the first page hands out. */
  async post(path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Page> {
    const body = new URLSearchParams({ _csrf: await this.csrf(), ...fields });
    return await this.request(path, { method: 'POST', body, headers });
  }

  async csrf(): Promise<string> {
    const { text } = await this.get('/');
    const token = /name="_csrf" value="([\w-]+)"/.exec(text)?.[1];
    if (token === undefined) throw new Error(`The first page hands out no token:\n${text.slice(0, 500)}`);
    return token;
  }

  /** Goes on until there is no redirect any more. */
  async follow(page: Page): Promise<Page> {
    let current = page;
    for (let hop = 0; current.location !== undefined && hop < 10; hop++) current = await this.get(current.location);
    return current;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';');
    const name = pair.slice(0, pair.indexOf('=')).trim();
    const value = pair.slice(pair.indexOf('=') + 1).trim();
    const gone = attributes.some((attribute) => /^\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(attribute));
    if (gone || value === '') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}
