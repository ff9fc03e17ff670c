/** The sandbox from outside: its control API, and somebody who clicks on its consent page. */

/** Clicks a button on the sandbox's consent page. */
export async function answerConsent(authorizationUrl: string | undefined, decision: 'allow' | 'deny'): Promise<string> {
  if (!authorizationUrl) throw new Error('There is no authorization URL to open.');
  const page = await fetch(authorizationUrl, { redirect: 'manual' });
  const direct = page.headers.get('location');
  if (direct) return direct;
  let answer = await submitForm(await page.text(), authorizationUrl, { decision });
  // With response_mode=form_post the way back is a page that posts itself; browsers send no cookies of ours along.
  if (answer.status === 200) answer = await submitForm(await answer.text(), authorizationUrl);
  const location = answer.headers.get('location');
  if (!location) throw new Error(`The consent page answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
  return location;
}

function submitForm(html: string, base: string, more: Record<string, string> = {}): Promise<Response> {
  const action = /<form[^>]*action="([^"]*)"/.exec(html)?.[1] ?? '';
  const fields = new URLSearchParams(more);
  for (const [input] of html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    if (name) fields.append(unescapeHtml(name), unescapeHtml(/value="([^"]*)"/.exec(input)?.[1] ?? ''));
  }
  return fetch(new URL(unescapeHtml(action), base), { method: 'POST', body: fields, redirect: 'manual' });
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly time: string;
}

export type SandboxControl = ReturnType<typeof sandboxControl>;

/** The sandbox's control API. */
export function sandboxControl(origin: string) {
  const post = async (path: string, body: object = {}) => {
    const response = await fetch(`${origin}/_control/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`_control/${path} answered ${response.status}: ${await response.text()}`);
    await response.body?.cancel();
  };
  return {
    user: (person: object) => post('user', person),
    behaviour: (behaviour: object) => post('behaviour', behaviour),
    next: (script: object) => post('next', script),
    hold: (path: string) => post('hold', { path }),
    release: (path: string) => post('release', { path }),
    reset: () => post('reset'),
    revoke: (grant: object) => post('revoke', grant),
    async calls(path?: string): Promise<readonly RecordedCall[]> {
      const query = path === undefined ? '' : `?path=${encodeURIComponent(path)}`;
      const response = await fetch(`${origin}/_control/calls${query}`);
      const { calls } = (await response.json()) as { calls: readonly RecordedCall[] };
      return calls;
    },
  };
}
