import { discover, ProviderDiscovery } from '../../src/oauth2/index.js';
import { json, scriptedFetch, text } from './support/scripted-fetch.js';
import { failureOf, NOW } from './support/session.js';

const ISSUER = 'https://issuer.test/tenant';
const document = {
  issuer: ISSUER,
  authorization_endpoint: 'https://issuer.test/authorize',
  token_endpoint: 'https://issuer.test/token',
  jwks_uri: 'https://issuer.test/jwks',
  revocation_endpoint: 'https://issuer.test/revoke',
  userinfo_endpoint: 'https://issuer.test/me',
  pushed_authorization_request_endpoint: 'https://issuer.test/par',
  device_authorization_endpoint: 'https://issuer.test/device',
  introspection_endpoint: 'https://issuer.test/introspect',
  code_challenge_methods_supported: ['S256'],
  id_token_signing_alg_values_supported: ['ES256', 'none'],
  authorization_response_iss_parameter_supported: true,
};

describe('discovery', () => {
  it('turns the document into what a session needs', async () => {
    const { fetch, calls } = scriptedFetch(json(document));
    const metadata = await discover({ issuer: ISSUER, fetch });
    expect(calls[0]).toMatchObject({
      url: `${ISSUER}/.well-known/openid-configuration`,
      method: 'GET',
      redirect: 'manual',
    });
    expect(metadata).toEqual({
      issuer: ISSUER,
      endpoints: {
        authorize: 'https://issuer.test/authorize',
        token: 'https://issuer.test/token',
        revoke: 'https://issuer.test/revoke',
        introspect: 'https://issuer.test/introspect',
        userinfo: 'https://issuer.test/me',
        pushedAuthorization: 'https://issuer.test/par',
        deviceAuthorization: 'https://issuer.test/device',
      },
      openid: { issuer: ISSUER, jwksUri: 'https://issuer.test/jwks', algorithms: ['ES256', 'none'] },
      authorizationResponseIssRequired: true,
      pkce: 'required',
      document,
    });
  });

  it('knows where plain OAuth 2 servers keep theirs, and other addresses', async () => {
    const plain = scriptedFetch(json({ ...document, jwks_uri: undefined }));
    expect((await discover({ issuer: ISSUER, style: 'oauth2', fetch: plain.fetch })).openid).toBeUndefined();
    expect(plain.calls[0]?.url).toBe('https://issuer.test/.well-known/oauth-authorization-server/tenant');
    const template = 'https://login.issuer.test/{tenantid}/v2.0';
    const templated = scriptedFetch(json({ ...document, issuer: template }));
    const url = 'https://login.issuer.test/common/v2.0/.well-known/openid-configuration';
    expect((await discover({ issuer: template, url, fetch: templated.fetch })).openid?.issuer).toBe(template);
    expect(templated.calls[0]?.url).toBe(url);
  });

  it.each([
    ['another issuer', json({ ...document, issuer: 'https://evil.test' }), 'oidc_discovery_issuer_mismatch'],
    ['the issuer with a slash', json({ ...document, issuer: `${ISSUER}/` }), 'oidc_discovery_issuer_mismatch'],
    ['no issuer', json({ ...document, issuer: undefined }), 'oidc_discovery_issuer_mismatch'],
    ['no token endpoint', json({ ...document, token_endpoint: undefined }), 'oidc_discovery_malformed'],
    ['no keys', json({ ...document, jwks_uri: null }), 'oidc_discovery_malformed'],
    ['an endpoint that is no URL', json({ ...document, token_endpoint: '/token' }), 'oidc_discovery_malformed'],
    ['an endpoint of another type', json({ ...document, token_endpoint: 7 }), 'oidc_discovery_malformed'],
    [
      'an http endpoint',
      json({ ...document, userinfo_endpoint: 'http://issuer.test/me' }),
      'oauth2_insecure_transport',
    ],
    ['HTML', text('<html>', 'text/html'), 'oidc_discovery_failed'],
    ['a list', json([document]), 'oidc_discovery_failed'],
    ['404', json({}, { status: 404 }), 'oidc_discovery_failed'],
    [
      'a redirect',
      new Response(null, { status: 302, headers: { location: 'https://evil.test' } }),
      'oidc_discovery_failed',
    ],
    ['no connection', new TypeError('fetch failed'), 'oidc_discovery_failed'],
    ['too much', text(' '.repeat(1_100_000), 'application/json'), 'oidc_discovery_failed'],
  ])('refuses %s', async (...row) => {
    const [, answer, code] = row;
    const error = await failureOf(() => discover({ issuer: ISSUER, fetch: scriptedFetch(answer).fetch }));
    expect(error.code).toBe(code);
    expect(error.cause).toBeDefined();
  });

  it('refuses an http issuer', async () => {
    const { fetch, calls } = scriptedFetch(json(document));
    expect((await failureOf(() => discover({ issuer: 'http://issuer.test', fetch }))).code).toBe(
      'oauth2_insecure_transport',
    );
    expect(calls).toHaveLength(0);
  });

  it('is shared, kept as long as the provider says within bounds, and survives an outage', async () => {
    let now = NOW;
    let broken = false;
    let maxAge = 'public, max-age=7200';
    let count = 0;
    const fetch = async () => {
      count += 1;
      return broken ? new Response('', { status: 500 }) : json(document, { headers: { 'cache-control': maxAge } });
    };
    const discovery = new ProviderDiscovery({ issuer: ISSUER, fetch, now: () => now });
    await Promise.all([discovery.metadata(), discovery.metadata()]);
    now += 7_199_000;
    await discovery.metadata();
    expect(count).toBe(1);
    now += 2_000;
    broken = true;
    expect((await discovery.metadata()).issuer).toBe(ISSUER);
    await discovery.metadata();
    expect(count).toBe(2);
    now += 31_000;
    broken = false;
    maxAge = 'max-age=0';
    await discovery.metadata();
    now += 299_000;
    await discovery.metadata();
    expect(count).toBe(3);
    broken = true;
    now += 49 * 3_600_000;
    expect((await failureOf(() => discovery.metadata())).code).toBe('oidc_discovery_failed');
    broken = false;
    expect((await discovery.metadata()).issuer).toBe(ISSUER);
  });

  it('fails while there is nothing yet, and heals by itself', async () => {
    const { fetch } = scriptedFetch(new TypeError('fetch failed'), json(document));
    const discovery = new ProviderDiscovery({ issuer: ISSUER, fetch, now: () => NOW });
    expect((await failureOf(() => discovery.metadata())).code).toBe('oidc_discovery_failed');
    expect((await discovery.metadata()).issuer).toBe(ISSUER);
  });
});
