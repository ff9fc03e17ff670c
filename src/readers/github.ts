/** Reads GitHub: a person's repositories, the last changed first (https://docs.github.com/rest/repos/repos). */
import { z } from 'zod';
import { type ReadingClient, type ReadOptions, readAnswer } from './answer.js';
import { amount, entries, longText, moment, shortText } from './answer-fields.js';
import type { Repository } from './reading.js';

const repositories = entries(
  z.object({
    full_name: shortText,
    description: longText.nullish().catch(undefined),
    language: shortText.nullish().catch(undefined),
    stargazers_count: amount.optional(),
    private: z.boolean(),
    updated_at: moment.nullish(),
  }),
);

const AS_MANY_AS = 10;

/** @throws ReadingFailed */
export async function readGitHubRepositories(
  client: ReadingClient,
  options?: ReadOptions,
): Promise<readonly Repository[]> {
  const query = new URLSearchParams({ sort: 'updated', per_page: String(AS_MANY_AS) });
  const found = await readAnswer(client, `/user/repos?${query}`, repositories, options);
  return found.slice(0, AS_MANY_AS).map((repository) => ({
    name: repository.full_name,
    description: repository.description ?? undefined,
    language: repository.language ?? undefined,
    stars: repository.stargazers_count ?? 0,
    isPrivate: repository.private,
    updatedAt: repository.updated_at ?? undefined,
  }));
}
