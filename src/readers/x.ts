/** Reads X, API 2: a person's own latest posts (https://docs.x.com/x-api/users/get-posts). Each post that is read costs money. */
import { z } from 'zod';
import { type ReadingClient, type ReadOptions, readAnswer } from './answer.js';
import { entries, longText, moment } from './answer-fields.js';
import type { Post } from './reading.js';

const posts = z.object({
  // Left out where there is nothing to show; what could not be read stands in `errors`, with status 200.
  data: entries(z.object({ id: z.string().max(20), text: longText, created_at: moment.optional() })).optional(),
  errors: z.array(z.unknown()).optional(),
  meta: z.unknown().optional(),
}).refine(({ data, errors, meta }) => data !== undefined || (meta !== undefined && errors === undefined));

/** The fewest that X gives at once. */
const FEWEST = 5;

/** @throws ReadingFailed */
export async function readXPosts(client: ReadingClient, options?: ReadOptions): Promise<readonly Post[]> {
  const query = new URLSearchParams({ max_results: String(FEWEST), 'tweet.fields': 'created_at' });
  const path = `/2/users/${encodeURIComponent(client.connection.subject)}/tweets?${query}`;
  const { data = [] } = await readAnswer(client, path, posts, options);
  return data.map(({ id, text, created_at }) => ({ id, text, at: created_at }));
}
