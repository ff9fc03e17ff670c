/** Reads X, API 2: a person's own latest posts (https://docs.x.com/x-api/users/get-posts). Each post that is read costs money. */
import { z } from 'zod';
import { entries, longText, moment } from './answer-fields.js';
import type { Reader } from './reader.js';
import type { Post } from './reading.js';

/** The fewest that X gives at once. */
const FEWEST = '5';

export const xPosts: Reader<readonly Post[]> = {
  request: (subject) => {
    const query = new URLSearchParams({ max_results: FEWEST, 'tweet.fields': 'created_at' });
    return { path: `/2/users/${encodeURIComponent(subject)}/tweets?${query}` };
  },
  answer: z
    .object({
      data: entries(z.object({ id: z.string().max(20), text: longText, created_at: moment.optional() })).optional(),
      meta: z.object({ result_count: z.number() }).optional(),
    })
    // Somebody without posts has a count of none; what could not be read stands in `errors`, with status 200 and without a count.
    .refine(({ data, meta }) => data !== undefined || meta !== undefined)
    .transform(({ data = [] }) => data.map(({ id, text, created_at }) => ({ id, text, at: created_at }))),
};
