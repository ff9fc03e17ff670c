/** Reads GitHub: a person's repositories, the last changed first (https://docs.github.com/rest/repos/repos). */
import { z } from 'zod';
import { amount, entries, longText, moment, shortText } from './answer-fields.js';
import type { Reader } from './reader.js';
import type { Repository } from './reading.js';

const repository = z.object({
  full_name: shortText,
  description: longText.nullish().catch(undefined),
  language: shortText.nullish().catch(undefined),
  stargazers_count: amount.optional(),
  private: z.boolean(),
  updated_at: moment.nullish(),
});

const AS_MANY_AS = 10;

export const gitHubRepositories: Reader<readonly Repository[]> = {
  request: () => ({
    path: `/user/repos?${new URLSearchParams({ sort: 'updated', per_page: String(AS_MANY_AS) })}`,
  }),
  answer: entries(repository).transform((found) =>
    found.slice(0, AS_MANY_AS).map((each) => ({
      name: each.full_name,
      description: each.description ?? undefined,
      language: each.language ?? undefined,
      stars: each.stargazers_count ?? 0,
      isPrivate: each.private,
      updatedAt: each.updated_at ?? undefined,
    })),
  ),
};
