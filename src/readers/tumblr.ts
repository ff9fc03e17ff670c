/**
 * Reads Tumblr, API 2: the latest posts of a person's primary blog in Neue Post Format
 * (https://github.com/tumblr/docs/blob/master/api.md#posts--retrieve-published-posts, npf-spec.md).
 */
import { z } from 'zod';
import { entries, longText } from './answer-fields.js';
import type { Reader } from './reader.js';
import type { Post } from './reading.js';

/** What can be read aloud of a block: its text, else what an image shows, a link leads to, or a recording is called. */
const block = z
  .object({
    text: longText.optional().catch(undefined),
    alt_text: longText.optional().catch(undefined),
    title: longText.optional().catch(undefined),
  })
  .transform(({ text, alt_text, title }) => text ?? alt_text ?? title);

const post = z.object({
  // `id` is a 64-bit number.
  id_string: z.string().max(20),
  timestamp: z.number().int().min(0).max(10_000_000_000),
  content: entries(block),
  // A reblog may add nothing of its own.
  trail: entries(z.object({ content: entries(block) })).optional(),
});

const AS_MANY_AS = 10;

export const tumblrPosts: Reader<readonly Post[]> = {
  request: (subject) => {
    const query = new URLSearchParams({ npf: 'true', limit: String(AS_MANY_AS) });
    return { path: `/blog/${encodeURIComponent(subject)}/posts?${query}` };
  },
  answer: z.object({ response: z.object({ posts: entries(post) }) }).transform(({ response }) =>
    response.posts.slice(0, AS_MANY_AS).map(({ id_string, timestamp, content, trail = [] }) => {
      const blocks = [...content, ...trail.flatMap((item) => item.content)];
      const text = longText.safeParse(blocks.filter((part) => part !== undefined).join(' '));
      // A picture that nobody described is a post without words.
      return { id: id_string, text: text.success ? text.data : '', at: new Date(timestamp * 1000) };
    }),
  ),
};
