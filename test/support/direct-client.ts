/** Walks through a sandbox provider as its client would, without the app: real tokens, to be served to the app where they do not belong. */
import { createHash, randomBytes } from 'node:crypto';

export interface DirectGrant {
  readonly sandboxUrl: string;
  /** Such as `/two.example/authorize`. */
  readonly authorizePath: string;
  readonly tokenPath: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  readonly nonce?: string;
}

/** Needs the sandbox's `autoApprove`. @returns the token endpoint's answer */
export async function directGrant(grant: DirectGrant): Promise<Record<string, unknown>> {
  const codeVerifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: grant.clientId,
    redirect_uri: grant.redirectUri,
    scope: grant.scope,
    state: 'direct',
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(grant.nonce ? { nonce: grant.nonce } : {}),
  });
  const consent = await fetch(`${grant.sandboxUrl}${grant.authorizePath}?${query}`, { redirect: 'manual' });
  const code = new URL(consent.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const answer = await fetch(`${grant.sandboxUrl}${grant.tokenPath}`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: grant.redirectUri,
      client_id: grant.clientId,
      client_secret: 'sandbox-secret',
      code_verifier: codeVerifier,
    }),
  });
  if (!answer.ok) throw new Error(`The token endpoint answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}
