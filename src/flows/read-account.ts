/** Asks the provider who the fresh credentials belong to: a call over the back channel, never something the browser brought. */
import {
  type AccountFacts,
  type AccountProfile,
  type BesideTheAnswer,
  type Credentials,
  earlierSubjectOf,
  factAt,
  fillGaps,
  labelOf,
  profileOf,
  type Sessions,
  SubjectMissing,
  subjectOf,
} from '../connections/index.js';
import { OAuth2Session, parseJson } from '../oauth2/index.js';
import { fillText, fillUrl, type Provider, type ProviderDefinition } from '../providers/index.js';

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

/**
 * @param provider bound to the grant
 * @throws ProfileUnusable, SubjectMissing, or the session's own errors
 */
export async function readAccount(
  sessions: Sessions,
  provider: Provider,
  credentials: Credentials,
): Promise<AccountFacts> {
  const { definition, sandbox } = provider;
  const { profile } = definition;
  const session = await sessionFor(sessions, provider, credentials);
  const beside = besideTheAnswer(provider, credentials);
  const call = caller(session, provider, beside);
  const claims = credentials.protocol === 'oauth2' ? credentials.token.claims : undefined;
  const answer = profile.url ? await profileAnswer(session, provider, call) : claims;
  const subject = subjectOf(definition, answer, beside);
  // OpenID Connect Core section 5.3.2: both must speak of the same person.
  if (claims && definition.protocol === 'oidc' && saysAnother(answer, claims.sub)) {
    throw new SubjectMissing();
  }
  let facts = profileOf(profile, answer, sandbox, beside);
  if (!profile.url && session instanceof OAuth2Session) {
    facts = fillGaps(facts, await fromUserinfo(session, provider));
  }
  for (const more of profile.more ?? []) facts = fillGaps(facts, await gapFilling(call, more, provider, beside));
  const earlier = earlierSubjectOf(definition, answer, beside);
  return { subject, label: labelOf(subject, facts), profile: facts, ...(earlier ? { earlier } : {}) };
}

/** What the token response and the callback told, and where the person's host is. */
function besideTheAnswer({ definition }: Provider, { protocol, token, details }: Credentials): BesideTheAnswer {
  const end = definition.profile.subjectEndsAt;
  const prefixed = protocol === 'oauth2' && end !== undefined ? token.accessToken.split(end) : [];
  return {
    token: { ...token.parameters, ...(prefixed.length > 1 ? { account_id: prefixed[0] } : {}) },
    callback: details?.kept,
    instance: details?.instance,
  };
}

function saysAnother(answer: unknown, sub: string): boolean {
  const told = factAt(answer, 'sub', {});
  return told !== undefined && told !== sub;
}

type Session = Awaited<ReturnType<typeof sessionFor>>;

async function profileAnswer(session: Session, { definition }: Provider, call: Call): Promise<unknown> {
  const { url = '', style, method } = definition.profile;
  if (style === 'introspection' && session instanceof OAuth2Session) return await session.introspect();
  return await call(url, method);
}

type Call = (url: string, method?: 'GET' | 'POST') => Promise<unknown>;

async function sessionFor(sessions: Sessions, provider: Provider, credentials: Credentials) {
  if (credentials.protocol === 'oauth2') return await sessions.oauth2Flow(provider, credentials.token);
  // Where the token secret is an API key, this call is made with it like every other.
  if (provider.definition.api.token) return sessions.api(provider, credentials);
  return sessions.oauth1Flow(provider, credentials.token);
}

function caller(session: Session, { definition, client }: Provider, beside: BesideTheAnswer): Call {
  const fields = Object.entries({ ...beside.token, ...beside.callback });
  const texts = Object.fromEntries(fields.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  const headers = { Accept: 'application/json', ...fillText(definition.api.headers ?? {}, { ...texts, ...client }) };
  return async (url, method = 'GET') => {
    const response = await session.fetch(fillUrl(url, texts), { method, headers });
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
async function gapFilling(
  call: Call,
  more: FurtherCall,
  { sandbox }: Provider,
  beside: BesideTheAnswer,
): Promise<AccountProfile> {
  try {
    const whole = await call(more.url);
    const answer = more.list === undefined ? whole : factAt(whole, more.list, beside);
    return profileOf(more, more.select ? selected(answer, more.select) : answer, sandbox, beside);
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
