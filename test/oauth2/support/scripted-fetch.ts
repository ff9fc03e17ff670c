/** A `fetch` that records what it is asked and answers as told, for tests that need no server. */
import type { Fetch } from '../../../src/oauth2/index.js';

export interface RecordedCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly form: Readonly<Record<string, string>>;
  readonly redirect: string | undefined;
}

export type Answer = Response | Error | ((call: RecordedCall) => Response | Promise<Response>);

/** Answers in the given order; the last one repeats. */
export function scriptedFetch(...answers: Answer[]): { fetch: Fetch; calls: RecordedCall[] } {
  const calls: RecordedCall[] = [];
  const fetch: Fetch = async (input, init) => {
    const body =
      typeof init?.body === 'string' ? init.body : init?.body == null ? '' : await new Response(init.body).text();
    const call: RecordedCall = {
      url: input instanceof Request ? input.url : String(input),
      method: init?.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init?.headers)),
      body,
      form: Object.fromEntries(new URLSearchParams(body)),
      redirect: init?.redirect,
    };
    calls.push(call);
    const answer = answers[Math.min(calls.length, answers.length) - 1];
    if (answer === undefined) throw new Error('no answer was scripted');
    if (answer instanceof Error) throw answer;
    return typeof answer === 'function' ? await answer(call) : answer.clone();
  };
  return { fetch, calls };
}

export function json(body: unknown, init: ResponseInit = {}): Response {
  return new Response(JSON.stringify(body), {
    ...init,
    headers: { 'content-type': 'application/json', ...Object.fromEntries(new Headers(init.headers)) },
  });
}

export function text(body: string, contentType: string, status = 200): Response {
  return new Response(body, { status, headers: { 'content-type': contentType } });
}
