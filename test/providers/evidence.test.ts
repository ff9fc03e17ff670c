/**
 * The definitions against what the providers document: each documented answer is served to the real engine, which must read the documented
 * account, scopes, life and error in it; each request the engine makes must be the documented one.
 */
import { type AccountProfile, type Credentials, Revoker } from '../../src/connections/index.js';
import { FlowRefused } from '../../src/flows/index.js';
import { TokenCredentials } from '../../src/oauth1/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { builtInDefinitions } from '../../src/providers/index.js';
import { daysUntil, read, readerNamed } from '../../src/readers/index.js';
import { expectFailure, expectToken } from '../support/documented-outcome.js';
import { CLIENT, DocumentedProvider } from '../support/documented-provider.js';
import { expectDocumented } from '../support/documented-request.js';
import { allEvidence, type Evidence, type Example, fill } from '../support/evidence.js';

const byId = new Map(builtInDefinitions.map((definition) => [definition.id, definition]));

/** Those that the earlier systems name: they are to be checked in depth. */
const SEVENTEEN = [
  ...['google-health', 'fitbit', 'fitbit-oauth1', 'twitter', 'x', 'github', 'google', 'facebook', 'linkedin'],
  ...['microsoft', 'tumblr', 'tumblr-oauth2', 'bitbucket', 'bitbucket-oauth1', 'imgur', 'imgur-oauth1', 'foursquare'],
];

it('there is evidence for all that the earlier systems name', () => {
  expect(allEvidence.map(({ provider }) => provider).sort()).toEqual([...SEVENTEEN].sort());
});

describe.each(allEvidence.map((evidence) => [evidence.provider, evidence] as const))('%s', (id, evidence) => {
  const definition = byId.get(id);
  if (!definition) throw new Error(`There is evidence for ${id}, but no definition.`);
  const { examples } = evidence;
  const of = (step: Example['step']) => examples.filter((example) => example.step === step);
  const during = (step: Example['during']) => of('error').filter((example) => example.during === step);
  const [firstPage] = of('authorize');
  const intent = firstPage?.intent ?? 'connect';
  let documented: DocumentedProvider;

  beforeEach(() => {
    documented = new DocumentedProvider(evidence, definition);
  });
  afterEach(() => documented.close());

  it('names where everything was read, and when', () => {
    const dated = evidence.sources.filter(({ basis }) => basis !== 'recalled');
    const dates = [evidence.checked, ...dated.map(({ date = 'no date' }) => date)];
    expect(dates.filter((date) => !/^20\d\d-\d\d-\d\d$/.test(date) || date > evidence.checked)).toEqual([]);
    expect(evidence.sources.filter(({ url, claim }) => !url.startsWith('https://') || claim === '')).toEqual([]);
    // What nobody could read is said to be so, and is never all there is.
    expect(dated.length).toBeGreaterThan(0);
    expect(['documented', 'reported']).toContain(evidence.confidence);
    expect(definition.confidence?.checked).toBe(evidence.checked);
  });

  it('covers what the definition can do', () => {
    const wanted: Example['step'][] = ['authorize', 'token'];
    // Of interfaces that are gone, not every answer could be read any more.
    if (evidence.confidence === 'documented') wanted.push('profile', 'error');
    if (definition.protocol === 'oauth1') wanted.push('temporary');
    if ((definition.refresh?.mode ?? 'static') !== 'none') wanted.push('refresh');
    if (definition.revoke) wanted.push('revoke');
    if (definition.readings && definition.status?.state !== 'shut') wanted.push('api');
    expect(wanted.filter((step) => of(step).length === 0)).toEqual([]);
  });

  it('asks for scopes that exist', () => {
    const { signIn, connect, separator = ' ' } = definition.scopes;
    const asked = [...signIn, ...connect];
    expect(asked.filter((scope) => !evidence.scopes?.known.includes(scope))).toEqual([]);
    if (asked.length > 0) expect(separator).toBe(evidence.scopes?.separator);
  });

  each(of('authorize'), async (example) => {
    const { url } = await begin(example.intent ?? 'connect');
    if (!example.request) throw new Error('An authorization example needs a request.');
    expect(url.origin + url.pathname).toBe(example.request.url);
    const call = { method: 'GET', url, headers: {}, body: '' };
    expectDocumented(call, example.request, documented.known, noSecrets);
    for (const temporary of of('temporary')) {
      expectCall(temporary, { client: CLIENT.clientSecret, token: '' });
    }
  });

  each(of('token'), async (example) => {
    const { credentials } = await grant(example);
    expectToken(credentials, example.expected ?? {});
    if (example.request) expectCall(example, { client: CLIENT.clientSecret, token: temporarySecret(evidence) });
    expect(undocumentedCalls(documented, evidence)).toEqual([]);
  });

  each(
    of('profile').filter(({ expected }) => expected),
    async (example) => {
      const [token] = of('token');
      const { credentials, account } = await grant(token);
      const { subject, legacySubject, emailVerified, ...facts } = example.expected ?? {};
      expect(account.subject).toBe(subject);
      expect(account.profile).toMatchObject(facts);
      expect(account.profile.emailVerified ?? false).toBe(emailVerified ?? false);
      expect(account.earlier?.subject).toBe(legacySubject);
      learnToken(documented, credentials);
      for (const call of of('profile')) {
        if (call.request && definition.profile.url) expectCall(call, secretsOf(credentials));
      }
    },
  );

  each(of('api'), async (example) => {
    const reading = definition.readings?.find((candidate) => candidate.id === example.reading);
    const reader = readerNamed(reading?.reader ?? '');
    if (!reader) throw new Error(`Nobody reads "${example.reading}" of ${id}.`);
    const { credentials, account } = await grant(of('token')[0]);
    documented.answers([example]);
    learnToken(documented, credentials);
    const { headers, baseUrls } = definition.api;
    const session = documented.sessions.api(documented.provider, credentials);
    const client = {
      connection: { id: 'c', provider: id, subject: account.subject, label: account.label, scopes: [] },
      fetch: (path: string | URL | Request, init: RequestInit = {}) =>
        session.fetch(`${baseUrls[0]}${String(path)}`, {
          ...init,
          headers: { ...headers, ...Object.fromEntries(new Headers(init.headers)) },
        }),
    };
    const result = await read(client, reader, daysUntil(documented.known.day ?? '', 7));
    // As JSON, in which the evidence is written.
    expect(JSON.parse(JSON.stringify(result))).toEqual(example.expected?.reading);
    expectCall(example, secretsOf(credentials));
  });

  each(of('refresh'), async (example) => {
    documented.answers([example]);
    const token = oldToken();
    documented.known.refresh_token = token.refreshToken ?? '';
    const session = await documented.sessions.oauth2Flow(documented.provider, token);
    const fresh = await session.refresh();
    const unchanged = { unchanged: token.refreshToken ?? '' };
    expectToken({ protocol: 'oauth2', token: fresh }, fill(example.expected ?? {}, unchanged));
    expectCall(example, { client: CLIENT.clientSecret, token: '' });
  });

  each(of('revoke'), async (example) => {
    documented.answers([example]);
    const credentials: Credentials =
      definition.protocol === 'oauth1'
        ? { protocol: 'oauth1', token: TokenCredentials.from({ token: 'a token', tokenSecret: 'a token secret' }) }
        : { protocol: 'oauth2', token: oldToken() };
    learnToken(documented, credentials);
    const revocation = await new Revoker(documented.sessions).revoke(documented.provider, credentials);
    expect(revocation).toBe(example.expected?.revocation);
    const calls = documented.callsTo(example);
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) {
      const token = new URLSearchParams(call.body).get('token') ?? '';
      if (token !== '') expect(['an old refresh token', 'an old access token']).toContain(token);
      if (!example.request) throw new Error('A revocation example needs a request.');
      expectDocumented(call, example.request, { ...documented.known, token }, secretsOf(credentials));
    }
  });

  each(during('temporary'), async (example) => {
    await expectFailure(example, () => begin('connect', [instead('temporary', example)]));
  });

  each(during('callback'), async (example) => {
    const attempt = await begin(intent);
    await expectFailure(example, () => attempt.comeBack(example.response?.headers.location));
  });

  each(during('token'), async (example) => {
    await expectFailure(example, () => grant(instead('token', example)));
  });

  each(during('profile'), async (example) => {
    await expectFailure(example, () => grant(of('token')[0], [instead('profile', example)]));
  });

  each(during('refresh'), async (example) => {
    documented.answers([instead('refresh', example)]);
    const session = await documented.sessions.oauth2Flow(documented.provider, oldToken());
    await expectFailure(example, () => session.refresh());
  });

  function begin(wanted: 'sign-in' | 'connect', answers: readonly Example[] = of('temporary')) {
    documented.answers(answers);
    return documented.begin(wanted);
  }

  /** A whole flow, with one of several documented token answers. */
  async function grant(token: Example | undefined, profile: readonly Example[] = of('profile')) {
    const page = of('authorize').find((example) => (example.intent ?? 'connect') === intent);
    const attempt = await begin(intent, [...of('temporary'), ...(token ? [token] : []), ...profile]);
    const accepted = await attempt.comeBack(page?.response?.headers.location);
    await accepted.exchange();
    if (of('profile').length > 0) return await accepted.grant();
    // Nobody documented who the account is: the exchange is all that can be compared.
    const { credentials } = await withoutProfile(accepted, token);
    return { credentials, account: { subject: '', label: '', profile: {} as AccountProfile, earlier: undefined } };
  }

  async function withoutProfile(accepted: { grant(): Promise<unknown> }, token: Example | undefined) {
    await expect(accepted.grant()).rejects.toBeInstanceOf(FlowRefused);
    const body = new URLSearchParams(String(token?.response?.body));
    const plain = { token: body.get('oauth_token') ?? '', tokenSecret: body.get('oauth_token_secret') ?? '' };
    return { credentials: { protocol: 'oauth1', token: TokenCredentials.from(plain) } as Credentials };
  }

  /** The documented request of a step with another answer. */
  function instead(step: Example['step'], example: Example): Example {
    const [usual] = of(step);
    if (!usual?.request || !example.response) throw new Error(`No documented request of step "${step}".`);
    return { ...usual, response: example.response };
  }

  function expectCall(example: Example, secrets: { client: string; token: string }): void {
    const calls = documented.callsTo(example);
    expect([example.name, calls.length]).toEqual([example.name, 1]);
    for (const call of calls) {
      if (example.request) expectDocumented(call, example.request, documented.known, secrets);
    }
  }
});

/** One test for each example, under its name. */
function each(examples: readonly Example[], test: (example: Example) => Promise<void>): void {
  for (const example of examples) it(example.name, () => test(example));
}

const noSecrets = { client: '', token: '' };

function oldToken(): OAuth2Token {
  return new OAuth2Token({ accessToken: 'an old access token', refreshToken: 'an old refresh token' });
}

function secretsOf({ protocol, token }: Credentials) {
  return { client: CLIENT.clientSecret, token: protocol === 'oauth1' ? token.toPlain().tokenSecret : '' };
}

function temporarySecret({ examples }: Evidence): string {
  const body = examples.find(({ step }) => step === 'temporary')?.response?.body;
  return new URLSearchParams(String(body ?? '')).get('oauth_token_secret') ?? '';
}

function learnToken(documented: DocumentedProvider, { protocol, token }: Credentials): void {
  documented.known.access_token = protocol === 'oauth1' ? token.toPlain().token : token.accessToken;
}

function undocumentedCalls(documented: DocumentedProvider, { examples }: Evidence): readonly string[] {
  const known = new Set(examples.filter(({ request }) => request).flatMap((example) => documented.callsTo(example)));
  const keys = documented.calls.filter(({ url }) => /certs|keys/.test(url.pathname));
  const others = documented.calls.filter((call) => !known.has(call) && !keys.includes(call));
  // Of interfaces that are gone, the profile call is documented nowhere.
  return examples.some(({ step }) => step === 'profile') ? others.map(({ url }) => url.href) : [];
}
