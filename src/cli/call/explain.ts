/** How a call was signed, step by step (RFC 5849 section 3.4), or how it carried its token (RFC 6750). Secrets are masked. */
import { signingCredentialsOf, type UsableConnection } from '../../connections/index.js';
import { explainSignature, percentEncode } from '../../oauth1/index.js';
import { visible } from '../terminal/visible.js';
import type { SentRequest } from './watched-http.js';

/** @param showSecrets leaves the token in; it is masked otherwise, wherever it stands */
export function explainCall(sent: SentRequest, used: UsableConnection, showSecrets: boolean): string {
  const { credentials, provider } = used;
  if (credentials.protocol === 'oauth2') {
    const lines = [
      `HTTP method            ${sent.method}`,
      `URL                    ${sent.url}`,
      'Signature              none: OAuth 2 sends the access token itself (RFC 6750)',
      `Authorization          ${sent.headers.authorization ?? 'in the URL or the form'}`,
    ];
    return masked(lines.join('\n'), credentials.token.accessToken, showSecrets);
  }
  const { signatureMethod = 'HMAC-SHA1' } = provider.definition.oauth1 ?? {};
  const explanation = explainSignature(
    {
      method: sent.method,
      url: sent.url,
      headers: { ...sent.headers },
      ...(sent.body === undefined ? {} : { body: sent.body }),
    },
    signingCredentialsOf(provider, credentials.token),
    { signatureMethod },
  );
  return masked(explanation.toString(), credentials.token.token, showSecrets);
}

/** The base string encodes once more what the parameters encoded once. */
function masked(text: string, token: string, showSecrets: boolean): string {
  const once = percentEncode(token);
  const spellings = [percentEncode(once), once, token];
  return visible(showSecrets ? text : spellings.reduce((rest, spelling) => rest.replaceAll(spelling, '[token]'), text));
}
