/** Why something could not be read. The provider's answer is not quoted: it may hold what the person would not want in a log. */

/**
 * - `not_permitted`: what the person allowed is not enough, as the provider says (RFC 6750 section 3.1)
 * - `refused`: the provider does not allow it and does not say why; a permission may be lacking
 * - `rate_limited`: asked too often; see `retryAt`
 * - `unavailable`: no answer, or one that says that the provider is in trouble
 * - `unreadable`: an answer that is not what the provider documents
 */
export type ReadingFailure = 'not_permitted' | 'refused' | 'rate_limited' | 'unavailable' | 'unreadable';

const SENTENCES: Readonly<Record<ReadingFailure, string>> = {
  not_permitted: 'The provider does not allow this to be read with the permissions that were given.',
  refused: 'The provider does not allow this to be read, and does not say why.',
  rate_limited: 'The provider asked for no more calls at the moment.',
  unavailable: 'The provider did not give the data.',
  unreadable: 'The answer does not have the documented form.',
};

export class ReadingFailed extends Error {
  readonly code: `reading_${ReadingFailure}`;
  readonly failure: ReadingFailure;
  /** Of the answer, where there was one. */
  readonly status: number | undefined;
  /** From when on the provider answers again, if it said so. */
  readonly retryAt: Date | undefined;

  constructor(
    failure: ReadingFailure,
    { status, retryAt, ...options }: ErrorOptions & { status?: number; retryAt?: Date | undefined } = {},
  ) {
    super(SENTENCES[failure], options);
    this.name = 'ReadingFailed';
    this.code = `reading_${failure}`;
    this.failure = failure;
    this.status = status;
    this.retryAt = retryAt;
  }
}
