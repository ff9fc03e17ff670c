import { Readable } from 'node:stream';
import { type ApiTarget, apiCall } from '../../src/connections/api-call.js';

type Body = NonNullable<RequestInit['body']>;

interface Sent {
  readonly input: Request | string;
  readonly init: RequestInit | undefined;
}

/** What a session is given, as one request. */
async function sent(
  input: string | URL | Request,
  init?: RequestInit,
  target: Partial<ApiTarget> = {},
  change: () => void = () => undefined,
): Promise<Request> {
  const calls: Sent[] = [];
  const session = {
    fetch: async (given: Request | string, more?: RequestInit) => {
      calls.push({ input: given, init: more });
      return new Response();
    },
  };
  const whole = { session, baseUrl: 'https://api.example.com/v1/', headers: undefined, ...target };
  const call = apiCall(input, init);
  change();
  await call.send(whole, call.url(whole));
  const [only] = calls;
  if (!only || calls.length !== 1) throw new Error('It was not sent once.');
  return new Request(only.input, only.init);
}

test.each([
  ['/me', 'https://api.example.com/v1/me'],
  ['me?x=1', 'https://api.example.com/v1/me?x=1'],
  ['//me', 'https://api.example.com/v1/me'],
  ['https://other.example.com/me', 'https://other.example.com/me'],
  ['HTTPS://other.example.com/me', 'https://other.example.com/me'],
])('%s leads to %s', async (input, url) => {
  expect((await sent(input)).url).toBe(url);
});

test('a URL object and a Request are taken as they are', async () => {
  const address = new URL('https://other.example.com/me');
  const request = await sent(address, undefined, {}, () => {
    address.pathname = '/changed';
  });
  expect(request.url).toBe('https://other.example.com/me');
  const given = new Request('https://other.example.com/post', {
    method: 'POST',
    body: 'text',
    headers: { 'x-a': '1' },
  });
  const passed = await sent(given, { headers: { 'x-b': '2' } });
  expect(passed.method).toBe('POST');
  expect(passed.headers.get('x-a')).toBeNull();
  expect(passed.headers.get('x-b')).toBe('2');
  expect(await passed.text()).toBe('text');
});

test('the definition’s headers are sent unless the caller has its own, in any spelling', async () => {
  const headers = { 'notion-version': '2022-06-28', 'client-id': 'ours' };
  expect((await sent('/me', undefined, { headers })).headers.get('notion-version')).toBe('2022-06-28');
  const own = await sent('/me', { headers: { 'Notion-Version': '2030' } }, { headers });
  expect(own.headers.get('notion-version')).toBe('2030');
  expect(own.headers.get('client-id')).toBe('ours');
  const request = await sent(new Request('https://a.example/', { headers: { 'client-id': 'x' } }), undefined, {
    headers,
  });
  expect(Object.fromEntries(request.headers)).toEqual({ 'client-id': 'x', 'notion-version': '2022-06-28' });
});

test('headers that the caller changes after the call are not sent', async () => {
  const headers = new Headers({ 'x-when': 'before' });
  const record: Record<string, string> = { 'x-when': 'before' };
  const change = () => {
    headers.set('x-when', 'after');
    record['x-when'] = 'after';
  };
  for (const given of [headers, record]) {
    expect((await sent('/me', { headers: given }, {}, change)).headers.get('x-when')).toBe('before');
    record['x-when'] = 'before';
  }
});

test.each<[string, () => Body, RegExp]>([
  ['bytes', () => new Uint8Array(new TextEncoder().encode('xbeforex').buffer, 1, 6), /^before$/],
  ['a buffer', () => new TextEncoder().encode('before').buffer, /^before$/],
  ['parameters', () => new URLSearchParams({ when: 'before' }), /^when=before$/],
  ['a form', () => formOf('before'), /name="when"\r\n\r\nbefore\r\n/],
  ['text', () => 'before', /^before$/],
  ['a blob', () => new Blob(['before']), /^before$/],
])('%s is copied when the call is made, and can be sent again', async (_what, make, expected) => {
  const body = make();
  const request = await sent('/me', { method: 'POST', body }, {}, () => spoil(body));
  expect(await request.text()).toMatch(expected);
  expect(apiCall('/me', { method: 'POST', body }).repeatable).toBe(true);
});

test('a stream is sent as it is, once', () => {
  const init = (body: Body): RequestInit => ({ method: 'POST', body, duplex: 'half' });
  expect(apiCall('/me', init(new ReadableStream())).repeatable).toBe(false);
  expect(apiCall('/me', init(Readable.from(['x']) as unknown as Body)).repeatable).toBe(false);
  expect(apiCall(new Request('https://a.example/', { method: 'POST', body: 'x' })).repeatable).toBe(false);
  expect(apiCall(new Request('https://a.example/')).repeatable).toBe(true);
});

function formOf(when: string): FormData {
  const form = new FormData();
  form.set('when', when);
  return form;
}

function spoil(body: Body): void {
  if (body instanceof URLSearchParams || body instanceof FormData) body.set('when', 'after');
  else if (ArrayBuffer.isView(body)) new Uint8Array(body.buffer).fill(0x21);
  else if (body instanceof ArrayBuffer) new Uint8Array(body).fill(0x21);
}
