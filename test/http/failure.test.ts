import { classify, evidence } from '../../src/http/failure.js';

function coded(code: string, message = 'details', extra: object = {}): Error {
  return Object.assign(new Error(message), { code }, extra);
}

const connecting = { host: 'a.example', phase: 'connect', secure: true } as const;
const waiting = { ...connecting, phase: 'headers' } as const;
const reading = { ...connecting, phase: 'body' } as const;

describe('classify', () => {
  it.each([
    ['ENOTFOUND', 'its name does not exist'],
    ['EAI_AGAIN', 'its name could not be looked up'],
    ['ECONNREFUSED', 'it refused the connection'],
    ['EHOSTUNREACH', 'there is no route to it'],
    ['ECONNRESET', 'it closed the connection during the TLS handshake'],
    [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'TLS failed, its certificate comes from an unknown authority or its chain is incomplete',
    ],
    ['CERT_HAS_EXPIRED', 'TLS failed, its certificate has expired'],
    ['EPROTO', 'the TLS handshake failed'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'the TLS handshake failed'],
    ['ESOMETHING', 'no connection could be made'],
  ])('%s while connecting: nothing was sent', (code, words) => {
    const error = classify(coded(code), connecting);
    expect(error).toMatchObject({
      code: 'http_unreachable',
      sent: false,
      message: `a.example cannot be reached: ${words}`,
    });
    expect(error.cause).toMatchObject({ code });
  });

  it.each([
    ['ECONNRESET', waiting, 'http_reset'],
    ['EPIPE', waiting, 'http_reset'],
    ['UND_ERR_SOCKET', waiting, 'http_reset'],
    ['UND_ERR_HEADERS_OVERFLOW', waiting, 'http_too_large'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', waiting, 'http_malformed'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', reading, 'http_reset'],
    ['UND_ERR_DESTROYED', reading, 'http_aborted'],
    ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', waiting, 'http_aborted'],
    ['UND_ERR_ABORTED', waiting, 'http_aborted'],
  ] as const)('%s later: it may have been received', (code, place, expected) => {
    expect(classify(coded(code), place)).toMatchObject({ code: expected, sent: true });
  });

  it.each([
    ['UND_ERR_CONNECT_TIMEOUT', 'http_timeout'],
    ['UND_ERR_CLOSED', 'http_aborted'],
    ['UND_ERR_INVALID_ARG', 'http_invalid_request'],
    ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'http_invalid_request'],
  ] as const)('%s before anything was sent', (code, expected) => {
    expect(classify(coded(code), connecting)).toMatchObject({ code: expected, sent: false });
  });

  it.each(['a string', undefined, null, 7])('%p instead of an error is survived', (thrown) => {
    expect(classify(thrown, waiting)).toMatchObject({ code: 'http_reset', sent: true });
  });
});

describe('evidence', () => {
  it('keeps name, message and code, and leaves everything else behind', () => {
    const kept = evidence(
      coded('HPE_INVALID_HEADER_TOKEN', 'Invalid token', { data: 's3cret', cert: 'c3rt', cause: new Error('n3sted') }),
    );
    expect(kept).toMatchObject({ name: 'Error', message: 'Invalid token', code: 'HPE_INVALID_HEADER_TOKEN' });
    expect(JSON.stringify(Object.getOwnPropertyDescriptors(kept))).not.toMatch(/s3cret|c3rt|n3sted/);
  });

  it('joins what happened at each address', () => {
    const both = new AggregateError([
      new Error('connect ECONNREFUSED ::1:1'),
      new Error('connect ECONNREFUSED 127.0.0.1:1'),
    ]);
    expect(evidence(Object.assign(both, { code: 'ECONNREFUSED' }))).toMatchObject({
      message: 'connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1',
      code: 'ECONNREFUSED',
    });
  });
});
