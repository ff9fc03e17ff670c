/** Asks the provider who the fresh credentials belong to: a call over the back channel, never something the browser brought. */
import {
  type AccountFacts,
  type AccountProfile,
  type Credentials,
  fillGaps,
  labelOf,
  profileOf,
  type Sessions,
  SubjectMissing,
  subjectOf,
} from '../connections/index.js';
import { OAuth2Session, parseJson } from '../oauth2/index.js';
import type { Provider, ProviderDefinition } from '../providers/index.js';

type FurtherCall = NonNullable<ProviderDefinition['profile']['more']>[number];

/** The profile call was answered, but not with a profile. */
export class ProfileUnusable extends Error {
  readonly code = 'profile_unusable';
  readonly status: number;

  constructor(status: number, options?: ErrorOptions) {
    super(`The provider answered the profile call with status ${status} and nothing usable.`, options);
    this.name = 'ProfileUnusable';
    this.status = status;
  }
}

/** @throws ProfileUnusable, SubjectMissing, or the session's own errors */
export async function readAccount(
  sessions: Sessions,
  provider: Provider,
  credentials: Credentials,
): Promise<AccountFacts> {
  const { profile } = provider.definition;
  const session = await sessionFor(sessions, provider, credentials);
  const call = caller(session, provider);
  const claims = credentials.protocol === 'oauth2' ? credentials.token.claims : undefined;
  const answer = profile.url ? await call(profile.url) : claims;
  const subject = subjectOf(provider.definition, answer);
  // OpenID Connect Core section 5.3.2: both must speak of the same person.
  if (claims && provider.definition.protocol === 'oidc' && claims.sub !== subject) throw new SubjectMissing();
  let facts = profileOf(profile, answer, provider.sandbox);
  if (!profile.url && session instanceof OAuth2Session) {
    facts = fillGaps(facts, await fromUserinfo(session, provider));
  }
  for (const more of profile.more ?? []) facts = fillGaps(facts, await gapFilling(call, more, provider.sandbox));
  return { subject, label: labelOf(subject, facts), profile: facts };
}

type Call = (url: string) => Promise<unknown>;

async function sessionFor(sessions: Sessions, provider: Provider, credentials: Credentials) {
  return credentials.protocol === 'oauth1'
    ? sessions.oauth1Flow(provider, credentials.token)
    : await sessions.oauth2Flow(provider, credentials.token);
}

function caller(session: Awaited<ReturnType<typeof sessionFor>>, provider: Provider): Call {
  const headers = { Accept: 'application/json', ...provider.definition.api.headers };
  return async (url) => {
    const response = await session.fetch(url, { headers });
    const text = await response.text();
    if (!response.ok) throw new ProfileUnusable(response.status);
    try {
      return parseJson(text);
    } catch (cause) {
      throw new ProfileUnusable(response.status, { cause });
    }
  };
}

/**
 * OpenID providers that issue an access token may leave everything but the `sub` to their userinfo endpoint (Core 5.4). The session has
 * compared its `sub` with the ID token's.
 */
async function fromUserinfo(session: OAuth2Session, { definition, sandbox }: Provider): Promise<AccountProfile> {
  try {
    return profileOf(definition.profile, await session.userinfo(), sandbox);
  } catch {
    return {};
  }
}

/** What is nice to have must not cost the person their sign-in. */
async function gapFilling(call: Call, more: FurtherCall, sandbox: boolean): Promise<AccountProfile> {
  try {
    const answer = await call(more.url);
    return profileOf(more, more.select ? selected(answer, more.select) : answer, sandbox);
  } catch {
    return {};
  }
}

function selected(answer: unknown, select: NonNullable<FurtherCall['select']>): unknown {
  if (!Array.isArray(answer)) return undefined;
  return answer.find((item) => {
    if (typeof item !== 'object' || item === null) return false;
    return Object.entries(select).every(
      ([key, value]) => Object.hasOwn(item, key) && item[key as keyof typeof item] === value,
    );
  });
}
