/** Which key signs: what the settings call the client secret is the private key where a provider wants RSA. */
import { signingCredentialsOf } from '../../src/connections/index.js';
import { TokenCredentials } from '../../src/oauth1/index.js';
import { createCatalogue, defineProvider, type Provider } from '../../src/providers/index.js';

const token = TokenCredentials.from({ token: 'token', tokenSecret: 'token secret' });

function providerWith(signatureMethod: 'HMAC-SHA1' | 'RSA-SHA256'): Provider {
  const url = 'https://signed.example';
  const definition = defineProvider({
    id: 'signed',
    name: 'Signed',
    protocol: 'oauth1',
    oauth1: {
      requestToken: `${url}/request`,
      authorize: `${url}/authorize`,
      accessToken: `${url}/access`,
      signatureMethod,
    },
    scopes: { signIn: [], connect: [] },
    pkce: 'forbidden',
    profile: { url: `${url}/me`, subject: 'id' },
    api: { baseUrls: [url] },
  });
  const clients = { signed: { clientId: 'client', clientSecret: 'key' } };
  return createCatalogue({ definitions: [definition], clients }).get('signed') as Provider;
}

test('with a shared secret', () => {
  expect(signingCredentialsOf(providerWith('HMAC-SHA1'), token)).toEqual({
    clientId: 'client',
    clientSecret: 'key',
    token: 'token',
    tokenSecret: 'token secret',
  });
});

test('with a private key, which is no shared secret beside it', () => {
  expect(signingCredentialsOf(providerWith('RSA-SHA256'), token)).toEqual({
    clientId: 'client',
    privateKey: 'key',
    token: 'token',
    tokenSecret: 'token secret',
  });
});

test('a client without a secret signs with none', () => {
  const provider = providerWith('HMAC-SHA1');
  expect(signingCredentialsOf({ ...provider, client: { clientId: 'client' } }, token)).toEqual({
    clientId: 'client',
    token: 'token',
    tokenSecret: 'token secret',
  });
});
