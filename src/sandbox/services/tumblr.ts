/** Tumblr, API 2: the posts of a person's blog in Neue Post Format, in the envelope that every answer of it has. Who the person is, their definition tells. */
import { createHash } from 'node:crypto';
import { type Answer, json } from '../answer.js';
import { wholeNumber } from '../exact-json.js';
import { between, dayMs } from './body-data.js';
import { type ApiCall, decodeSegment, type Service } from './service.js';

export const tumblr: Service = {
  hosts: ['api.tumblr.com', 'www.tumblr.com'],
  defaultAccountId: 't:Zq3xVw8LrT0aBnYk5HcP2g',
  accountId: (seed) => `t:${createHash('sha256').update(`tumblr:${seed}`).digest('base64url').slice(0, 22)}`,
  related: [],
  tokens: { accessTokenTtlSeconds: 2520, tokenType: 'bearer' },
  unauthorized: () => ({ status: 401, body: envelope(401, 'Unauthorized', []) }),
  answer(call) {
    const blog = call.method === 'GET' ? /^\/v2\/blog\/([^/]+)\/posts$/.exec(call.path) : null;
    if (!blog) return undefined;
    if (!call.allows('basic')) return json(403, envelope(403, 'Forbidden', []));
    const known = [call.person.subject, call.person.username, `${call.person.username}.tumblr.com`];
    if (!known.includes(decodeSegment(blog[1] ?? ''))) return json(404, envelope(404, 'Not Found', []));
    return posts(call);
  },
};

function envelope(status: number, msg: string, response: unknown): unknown {
  return { meta: { status, msg }, response };
}

const TOTAL = 40;
const LARGEST_PAGE = 20;

const sights = ['A heron on the weir', 'Fog over the allotments', 'The last tram of the night', 'Rain on a tin roof'];
const notes = ['and nobody else about.', 'which I drew twice.', 'as seen from the bridge.', 'before breakfast.'];

function posts(call: ApiCall): Answer {
  const { person, query, now } = call;
  const limit = Math.min(LARGEST_PAGE, wholeOf(query.get('limit'), LARGEST_PAGE));
  const offset = wholeOf(query.get('offset'), 0);
  const today = Math.floor(now / dayMs);
  const page = Array.from({ length: Math.max(0, Math.min(limit, TOTAL - offset)) }, (_, index) => {
    // A post every other day, the newest from yesterday.
    const day = today - 1 - 2 * (offset + index);
    const seconds = (day * dayMs) / 1000 + between(28_800, 79_200, person.subject, day, 'time');
    const id = String(700_000_000_000_000_000n + BigInt(seconds) * 1_000n);
    const text = `${pick(sights, person.subject, day, 'sight')}, ${pick(notes, person.subject, day, 'note')}`;
    return {
      object_type: 'post',
      type: query.get('npf') === 'true' ? 'blocks' : 'text',
      blog_name: person.username,
      id: wholeNumber(id),
      id_string: id,
      post_url: `https://${person.username}.tumblr.com/post/${id}`,
      timestamp: seconds,
      date: new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', ' GMT'),
      state: 'published',
      format: 'html',
      tags: [],
      note_count: between(0, 80, person.subject, day, 'notes'),
      ...(query.get('npf') === 'true' ? inBlocks(text) : { title: '', body: `<p>${text}</p>` }),
    };
  });
  return json(200, envelope(200, 'OK', { blog: { name: person.username }, posts: page, total_posts: TOTAL }));
}

/** As every post is told that is asked for with `npf=true`. */
function inBlocks(text: string): Record<string, unknown> {
  return { is_blocks_post_format: true, content: [{ type: 'text', text }], layout: [], trail: [] };
}

function pick(words: readonly string[], ...seed: readonly (string | number)[]): string {
  return words[between(0, words.length - 1, ...seed)] ?? '';
}

function wholeOf(text: string | null, standard: number): number {
  return text !== null && /^\d{1,4}$/.test(text) ? Number(text) : standard;
}
