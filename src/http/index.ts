/** Outbound HTTP: the one client through which everything reaches a provider. */
export { type Fetch, type FetchOptions, HttpClient, type HttpClientOptions } from './client.js';
export { HttpError, type HttpErrorCode, type HttpErrorDetails, type HttpPhase } from './http-error.js';
export type { HttpLimits } from './limits.js';
