/** An OAuth 2 error, before it is put into the shape the provider uses (RFC 6749 section 5.2). */
export class OAuth2Refusal extends Error {
  /** The RFC's error code. */
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'OAuth2Refusal';
    this.code = code;
    this.status = status;
  }
}
