/** Compares what the engine made of a documented answer with what the documentation says it means. */
import type { Credentials } from '../../src/connections/index.js';
import { FlowRefused } from '../../src/flows/index.js';
import { classifyTokenError } from '../../src/oauth2/index.js';
import { NOW } from './documented-provider.js';
import type { Example } from './evidence.js';

/** Whether a token is the documented one, with its scopes and its life. */
export function expectToken({ protocol, token }: Credentials, expected: Readonly<Record<string, unknown>>): void {
  if (protocol === 'oauth1') {
    expect(token.toPlain()).toMatchObject(expected);
    return;
  }
  const { expiresInSeconds, scopes, accessToken, refreshToken } = expected;
  expect(token.accessToken).toBe(accessToken);
  if (refreshToken !== undefined) expect(token.refreshToken ?? null).toBe(refreshToken);
  if (scopes !== undefined) expect(token.scopes ?? null).toEqual(scopes);
  if (expiresInSeconds !== undefined) {
    const life = token.expiresAt ? (token.expiresAt.getTime() - NOW) / 1000 : null;
    expect(life).toBe(expiresInSeconds);
  }
}

/** Whether a step fails with the documented meaning: what the person is told, the error's code, what it means for the grant. */
export async function expectFailure({ expected = {} }: Example, step: () => Promise<unknown>): Promise<void> {
  const error = await step().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  if (expected.refusal !== undefined) {
    expect(error).toBeInstanceOf(FlowRefused);
    expect(error).toMatchObject({ code: expected.refusal });
  }
  const cause = error instanceof FlowRefused ? error.cause : error;
  if (expected.code !== undefined) expect(cause).toMatchObject({ code: expected.code });
  if (expected.kind !== undefined) expect(classifyTokenError(cause).kind).toBe(expected.kind);
}
