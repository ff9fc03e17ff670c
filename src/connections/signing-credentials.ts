/** Whose key signs an OAuth 1 call (RFC 5849 section 3.4): our client's at the provider, and the person's token beside it. */
import type { SigningCredentials, TokenCredentials } from '../oauth1/index.js';
import type { Provider } from '../providers/index.js';

/** With RSA there is no shared secret: what the settings call the client secret is then our private key in PEM. */
export function clientKeyOf({
  definition,
  client,
}: Provider): Pick<SigningCredentials, 'clientId' | 'clientSecret' | 'privateKey'> {
  const { clientId, clientSecret: key } = client;
  if (key === undefined) return { clientId };
  return definition.oauth1?.signatureMethod.startsWith('RSA-')
    ? { clientId, privateKey: key }
    : { clientId, clientSecret: key };
}

export function signingCredentialsOf(provider: Provider, { token, tokenSecret }: TokenCredentials): SigningCredentials {
  return { ...clientKeyOf(provider), token, tokenSecret };
}
