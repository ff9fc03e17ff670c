import { generateKeyPairSync } from 'node:crypto';
import { compareBaseStrings, explainSignature, type LikelyCause, signRequest } from '../../src/oauth1/index.js';
import { signingVectors } from './load-vectors.js';

const credentials = { clientId: 'ck', clientSecret: 'canary-client', token: 'tk', tokenSecret: 'canary-token' };
const fixed = { timestamp: 1_700_000_000, nonce: 'abc' };
const request = {
  method: 'post',
  url: 'https://API.example.com:443/a b?b=2&a=1+2&b=1',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'c=%7E!&empty=',
};

describe('how a signature came about', () => {
  const explained = explainSignature(request, credentials, fixed);

  test('every step', () => {
    expect(explained).toMatchObject({
      method: 'POST',
      baseUri: 'https://api.example.com/a%20b',
      signatureMethod: 'HMAC-SHA1',
      key: '[client secret]&[token secret]',
      isCarriedSignatureRight: undefined,
      notes: [],
      difference: undefined,
    });
    expect(explained.parameters.map(({ source, name, value, encoded }) => [source, name, value, encoded])).toEqual([
      ['query', 'a', '1 2', 'a=1%202'],
      ['query', 'b', '1', 'b=1'],
      ['query', 'b', '2', 'b=2'],
      ['body', 'c', '~!', 'c=~%21'],
      ['body', 'empty', '', 'empty='],
      ['header', 'oauth_consumer_key', 'ck', 'oauth_consumer_key=ck'],
      ['header', 'oauth_nonce', 'abc', 'oauth_nonce=abc'],
      ['header', 'oauth_signature_method', 'HMAC-SHA1', 'oauth_signature_method=HMAC-SHA1'],
      ['header', 'oauth_timestamp', '1700000000', 'oauth_timestamp=1700000000'],
      ['header', 'oauth_token', 'tk', 'oauth_token=tk'],
      ['header', 'oauth_version', '1.0', 'oauth_version=1.0'],
    ]);
    const signed = signRequest(request, credentials, fixed);
    expect(explained.baseString).toBe(signed.baseString);
    expect(explained.signature).toBe(signed.signature);
  });

  test.each(
    signingVectors
      .filter(({ expectedNormalizedParams, oauth, name, signatureMethod }) => {
        const isWhole = oauth.oauth_timestamp && oauth.oauth_consumer_key && oauth.oauth_version !== '1.0A';
        return (
          expectedNormalizedParams && isWhole && signatureMethod !== 'PLAINTEXT' && !name.includes('signature-param')
        );
      })
      .map((vector) => [vector.name, vector] as const),
  )('the normalised string of %s', (_name, vector) => {
    const { oauth_consumer_key: clientId = '', oauth_token: token, ...rest } = vector.oauth;
    const { oauth_timestamp: timestamp = '', oauth_nonce: nonce = '', oauth_version: version, ...others } = rest;
    const { oauth_signature_method: _, ...protocolParameters } = others;
    const explanation = explainSignature(
      {
        method: vector.method,
        url: vector.url,
        headers: vector.contentType ? { 'content-type': vector.contentType } : {},
        ...(vector.body ? { body: vector.body } : {}),
      },
      {
        clientId,
        clientSecret: vector.consumerSecret,
        tokenSecret: vector.tokenSecret,
        ...(token === undefined ? {} : { token }),
        ...(vector.rsaPrivateKeyPem ? { privateKey: vector.rsaPrivateKeyPem } : {}),
      },
      {
        signatureMethod: vector.signatureMethod,
        timestamp,
        nonce,
        protocolParameters,
        version: version === '1.0' ? '1.0' : false,
        placement: vector.placement ?? 'header',
      },
    );
    expect(explanation.normalizedParameters).toBe(vector.expectedNormalizedParams);
    expect(explanation.signature).toBe(vector.expectedSignature);
  });

  test('as text for people, without a secret', () => {
    const text = String(explained);
    for (const part of [
      'https://api.example.com/a%20b',
      '  body    c=~%21',
      explained.baseString,
      explained.signature,
    ]) {
      expect(text).toContain(part);
    }
    expect(text + JSON.stringify(explained)).not.toContain('canary');
  });

  test('PLAINTEXT hides its signature, which is the key', () => {
    const plaintext = explainSignature(request, credentials, { ...fixed, signatureMethod: 'PLAINTEXT' });
    expect(plaintext.signature).toBe('[redacted]');
    expect(String(plaintext)).not.toContain('canary');
  });

  test.each(['header', 'query', 'body'] as const)(
    'a request that is signed already is judged, parameters in the %s',
    (placement) => {
      const signed = { method: 'POST', ...signRequest(request, credentials, { ...fixed, placement }) };
      expect(explainSignature(signed, credentials)).toMatchObject({
        isCarriedSignatureRight: true,
        baseString: signed.baseString,
      });
      const wrong = explainSignature({ ...signed, url: `${signed.url}&x=1` }, credentials);
      expect(wrong.isCarriedSignatureRight).toBe(false);
      expect(String(wrong)).toContain('another signature');
    },
  );

  test('a carried RSA signature needs no private key to be explained', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const signed = {
      method: 'POST',
      ...signRequest(request, { clientId: 'ck', privateKey }, { signatureMethod: 'RSA-SHA1' }),
    };
    const explanation = explainSignature(signed, { clientId: 'ck' });
    expect(explanation).toMatchObject({
      key: '[private key]',
      signature: signed.signature,
      isCarriedSignatureRight: undefined,
    });
    expect(explainSignature(signed, { clientId: 'ck', privateKey }).isCarriedSignatureRight).toBe(true);
  });

  test('a request nobody can read is refused with the reason', () => {
    const broken = { ...request, headers: { authorization: 'OAuth a' } };
    expect(() => explainSignature(broken, credentials)).toThrow(
      expect.objectContaining({ code: 'oauth1_unreadable_request', cause: { reason: 'malformed_authorization' } }),
    );
  });

  test.each([
    [{ clientSecret: 'a\n' }, 'The client secret begins or ends with white space.'],
    [{ tokenSecret: 'a%2Fb' }, 'The token secret looks percent-encoded already.'],
    [{ clientSecret: '' }, 'The client secret is empty.'],
    [{ tokenSecret: '' }, 'There is a token without a token secret.'],
    [{ token: '' }, 'There is a token secret without a token.'],
  ])('a note about %j', (odd, note) => {
    expect(explainSignature(request, { ...credentials, ...odd }, fixed).notes).toEqual([note]);
  });
});

describe('where the provider’s base string parts from ours', () => {
  const uri = encodeURIComponent('https://api.example.com/r');
  const build = (parameters: string, method = 'GET', at = uri) => `${method}&${at}&${encodeURIComponent(parameters)}`;
  const protocol = 'oauth_consumer_key=ck&oauth_nonce=n&oauth_timestamp=1&oauth_token=t';
  const ours = build(`a=1&b=x%20y&b=z%2Bz&e=&${protocol}&q=%C3%A9&t=~`);

  const rows: [LikelyCause['code'], string][] = [
    ['same_base_string', ours],
    ['same_base_string', ` ${ours}\n`],
    ['not_a_base_string', '{"error":"invalid_signature"}'],
    ['not_a_base_string', ''],
    ['method_differs', ours.replace('GET', 'POST')],
    ['method_differs', ours.replace('GET', 'get')],
    ['scheme_differs', ours.replace('https', 'http')],
    ['host_differs', ours.replace('api.example', 'www.example')],
    ['port_differs', ours.replace('example.com', 'example.com%3A8080')],
    ['path_differs', ours.replace('%2Fr&', '%2Fr%2F&')],
    ['uri_spelled_differently', ours.replace('api.example', 'API.Example')],
    ['uri_spelled_differently', ours.replace('example.com', 'example.com%3A443')],
    ['another_request', ours.replace('oauth_nonce%3Dn', 'oauth_nonce%3Dm')],
    ['other_credentials', ours.replace('oauth_token%3Dt', 'oauth_token%3Du')],
    ['signature_included', ours.replace('%26oauth_timestamp', '%26oauth_signature%3Dx%26oauth_timestamp')],
    ['realm_included', `${ours}%26realm%3Dx`],
    ['protocol_parameter_missing', ours.replace('%26oauth_token%3Dt', '')],
    ['duplicates_merged', ours.replace('b%3Dx%2520y%26', '')],
    ['blanks_dropped', ours.replace('e%3D%26', '')],
    ['parameter_missing', ours.replace('a%3D1%26', '')],
    ['body_not_counted', ours.replace('a%3D1%26', '').replace('%26t%3D~', '')],
    ['parameter_added', `${ours}%26z%3D1`],
    ['plus_kept', ours.replace('x%2520y', 'x%2By')],
    ['plus_kept', ours.replace('x%2520y', 'x%252By')],
    ['encoded_twice', ours.replace('%25C3%25A9', '%2525C3%2525A9')],
    ['encoded_differently', ours.replace('~', '%257E')],
    ['encoded_differently', ours.replace('%25C3%25A9', '%25c3%25a9')],
    ['encoded_differently', ours.replace('%2Fr&', '%2fr&')],
    ['value_differs', ours.replace('a%3D1', 'a%3D2')],
    ['sorted_differently', build(`b=x%20y&b=z%2Bz&a=1&e=&${protocol}&q=%C3%A9&t=~`)],
  ];

  test.each(rows)('%s', (code, theirs) => {
    const { at, causes } = compareBaseStrings(ours, theirs);
    expect(causes.map((cause) => cause.code)).toEqual([code]);
    expect(causes[0]?.message).toMatch(/^[A-Za-z].*[.?]$/);
    expect(at === undefined).toBe(code === 'same_base_string');
    if (at !== undefined) expect(ours.slice(0, at)).toBe(theirs.slice(0, at));
  });

  test('every cause has a case', () => {
    expect(new Set(rows.map(([code]) => code)).size).toBe(23);
  });

  test('several causes are all named', () => {
    const theirs = ours.replace('https', 'http').replace('a%3D1', 'a%3D2');
    expect(compareBaseStrings(ours, theirs).causes.map(({ code }) => code)).toEqual([
      'scheme_differs',
      'value_differs',
    ]);
  });

  test('the explanation carries it', () => {
    const { baseString } = explainSignature(request, credentials, fixed);
    const providerBaseString = baseString.replace('https', 'http');
    const explanation = explainSignature(request, credentials, { ...fixed, providerBaseString });
    expect(explanation.difference?.causes[0]).toMatchObject({
      code: 'scheme_differs',
      ours: 'https:',
      theirs: 'http:',
    });
    expect(String(explanation)).toContain('TLS ends at a proxy');
  });
});
