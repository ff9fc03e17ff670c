import type { IncomingHttpHeaders } from 'node:http';
import express, { type Request, type Response } from 'express';
import request from 'supertest';
import { createCookies } from '../../src/web/cookies.js';
import { siteAt } from '../../src/web/site.js';

const secure = createCookies(siteAt('https://app.example.com/people'));
const local = createCookies(siteAt('http://localhost:3000'));

const asking = (cookie?: string) => ({ headers: { cookie } as IncomingHttpHeaders }) as Request;

async function setCookies(act: (res: Response) => void): Promise<readonly string[]> {
  const app = express().get('/', (_req, res) => {
    act(res);
    res.end();
  });
  const answer = await request(app).get('/');
  return answer.headers['set-cookie'] as unknown as readonly string[];
}

/** `name=value` and the attributes, in any order. */
function parts(cookie: string | undefined): { pair: string; attributes: ReadonlySet<string> } {
  const [pair = '', ...attributes] = (cookie ?? '').split('; ');
  return { pair, attributes: new Set(attributes) };
}

describe('on https', () => {
  it('every name has the __Host- prefix, the flows’ too', () => {
    const names = [...Object.values(secure.names), secure.flowPrefix];
    expect(names).toHaveLength(6);
    expect(names.filter((name) => !name.startsWith('__Host-latchkey-'))).toEqual([]);
    expect(new Set(names).size).toBe(6);
  });

  it('they are what the prefix demands: Secure, the whole host, no Domain; and besides HttpOnly and Lax', async () => {
    const [cookie] = await setCookies((res) => secure.set(res, secure.names.csrf, 'value', 600));
    expect(parts(cookie)).toEqual({
      pair: '__Host-latchkey-csrf=value',
      attributes: new Set(['Max-Age=600', 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']),
    });
  });

  it('are taken back with the same attributes, or browsers would keep them', async () => {
    const [cookie] = await setCookies((res) => secure.clear(res, `${secure.flowPrefix}a-b`));
    expect(parts(cookie)).toEqual({
      pair: '__Host-latchkey-flow-a-b=',
      attributes: new Set(['Max-Age=0', 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']),
    });
  });
});

describe('on plain-http localhost, where browsers refuse both', () => {
  it('neither the prefix nor Secure', async () => {
    const [cookie] = await setCookies((res) => local.set(res, local.names.session, 'value', 60));
    expect(parts(cookie)).toEqual({
      pair: 'latchkey-session=value',
      attributes: new Set(['Max-Age=60', 'Path=/', 'HttpOnly', 'SameSite=Lax']),
    });
  });
});

it('several cookies of one answer do not replace each other', async () => {
  const cookies = await setCookies((res) => {
    local.set(res, 'a', '1', 60);
    local.clear(res, 'b');
    local.set(res, 'c', '3', 60);
  });
  expect(cookies.map((cookie) => parts(cookie).pair)).toEqual(['a=1', 'b=', 'c=3']);
});

it('a value cannot break out of its cookie', async () => {
  const value = 'a; Domain=evil.test; x="\r\nSet-Cookie: b=c';
  const [cookie, ...others] = await setCookies((res) => local.set(res, 'a', value, 60));
  expect(others).toEqual([]);
  expect([...parts(cookie).attributes].sort()).toEqual(['HttpOnly', 'Max-Age=60', 'Path=/', 'SameSite=Lax']);
  expect(local.get(asking(parts(cookie).pair), 'a')).toBe(value);
});

describe('what the browser sends', () => {
  it.each<[string, string | undefined, Record<string, string>]>([
    ['nothing', undefined, {}],
    ['an empty header', '', {}],
    ['several', 'a=1; b=2;c=3', { a: '1', b: '2', c: '3' }],
    ['the first of two with one name, as the more specific one comes first', 'a=1; a=2', { a: '1' }],
    ['an encoded value', 'a=%7Bx%7D', { a: '{x}' }],
    ['a value that only looks encoded', 'a=%zz', { a: '%zz' }],
    ['no value', 'a=; b', { a: '' }],
    ['names from JavaScript itself', '__proto__=1; constructor=2', { ['__proto__']: '1', constructor: '2' }],
  ])('%s', (_what, header, expected) => {
    expect(new Map(local.all(asking(header)))).toEqual(new Map(Object.entries(expected)));
  });

  it.each(['__proto__', 'constructor', 'toString'])('%s is not there unless it was sent', (name) => {
    expect(local.get(asking('a=1'), name)).toBeUndefined();
  });

  it('is read once for each request', () => {
    const req = asking('a=1');
    expect(local.all(req)).toBe(local.all(req));
    expect(local.all(asking('a=1'))).not.toBe(local.all(req));
  });
});
