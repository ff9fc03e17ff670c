/** A request that ends in an error page: its status and a code that the page's texts are looked up by. Nothing else reaches the page. */

export type WebErrorCode =
  | 'not_found'
  | 'unknown_provider'
  | 'method_not_allowed'
  | 'csrf_refused'
  | 'wrong_host'
  | 'bad_request'
  | 'too_large'
  | 'unsupported_type'
  | 'too_many_requests'
  | 'prefetch'
  | 'sign_in_not_offered'
  | 'instance_refused'
  | 'instance_elsewhere'
  | 'last_way_to_sign_in'
  | 'taken'
  | 'own_account'
  | 'claim_closed'
  | 'sign_out_unfinished'
  | 'unavailable'
  | 'internal';

export class WebError extends Error {
  readonly status: number;
  readonly code: WebErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: WebErrorCode, options: ErrorOptions & { headers?: Record<string, string> } = {}) {
    super(`Answered with ${status} (${code}).`, options);
    this.name = 'WebError';
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
  }
}
