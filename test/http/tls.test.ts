import { HttpClient } from '../../src/http/index.js';
import { selfSigned } from './certificate.js';
import { closeServers, rawServer, tlsServer } from './servers.js';
import { failure } from './settled.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
const DAY_MS = 86_400_000;
const clients: HttpClient[] = [];

function clientTrusting(ca?: string): HttpClient {
  const client = new HttpClient({ deadlineMs: 5_000, ...(ca === undefined ? {} : { ca }) });
  clients.push(client);
  return client;
}

afterEach(async () => {
  await closeServers();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

describe('TLS', () => {
  it('accepts a certificate of the authority given as ca', async () => {
    const identity = selfSigned({ ipAddress: '127.0.0.1', dnsName: 'localhost' });
    const server = await tlsServer(identity, (socket) => socket.end(OK));
    const fetchTrusting = clientTrusting(identity.cert).fetch({ origins: [server.origin] });
    expect(await (await fetchTrusting(server.origin)).text()).toBe('ok');
    expect(await (await fetchTrusting(server.origin)).text()).toBe('ok');
  });

  it.each([
    ['self-signed', {}, 'its certificate is self-signed'],
    [
      'of another host',
      { ipAddress: '127.0.0.2', dnsName: 'other.example' },
      'its certificate belongs to another host',
    ],
    [
      'expired',
      { notBefore: new Date(Date.now() - 9 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) },
      'its certificate has expired',
    ],
    [
      'from the future',
      { notBefore: new Date(Date.now() + DAY_MS), notAfter: new Date(Date.now() + 9 * DAY_MS) },
      'its certificate is not valid yet',
    ],
  ])('refuses a certificate that is %s, in words, before anything is sent', async (what, options, words) => {
    const identity = selfSigned({ ipAddress: '127.0.0.1', ...options });
    const server = await tlsServer(identity, (socket) => socket.end(OK));
    const client = clientTrusting(what === 'self-signed' ? undefined : identity.cert);
    const error = await failure(
      client.fetch()(`${server.origin}/token?code=s3cret`, { method: 'POST', body: 's3cret' }),
    );
    expect(error).toMatchObject({ code: 'http_unreachable', phase: 'connect', sent: false });
    expect(error.message).toBe(`127.0.0.1:${server.port} cannot be reached: TLS failed, ${words}`);
    expect(error.cause).not.toHaveProperty('cert');
    expect(server.heads).toHaveLength(0);
  });

  it('says so when the other side does not speak TLS at all', async () => {
    const plain = await rawServer(() => undefined);
    const pending = failure(clientTrusting().fetch()(`https://127.0.0.1:${plain.port}/`));
    await plain.connected(1);
    plain.sockets[0]?.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    const error = await pending;
    expect(error).toMatchObject({ code: 'http_unreachable', sent: false });
    expect(error.message).toBe(`127.0.0.1:${plain.port} cannot be reached: the TLS handshake failed`);
  });

  it('says so when the handshake is cut off', async () => {
    const server = await rawServer(() => undefined);
    const pending = failure(clientTrusting().fetch()(`https://127.0.0.1:${server.port}/`));
    await server.connected(1);
    server.sockets[0]?.resetAndDestroy();
    const error = await pending;
    expect(error).toMatchObject({ code: 'http_unreachable', sent: false });
    expect(error.message).toContain('it closed the connection during the TLS handshake');
  });

  it('does not accept plain http on an https port or the other way round', async () => {
    const identity = selfSigned({ ipAddress: '127.0.0.1' });
    const server = await tlsServer(identity, (socket) => socket.end(OK));
    const error = await failure(clientTrusting(identity.cert).fetch()(`http://127.0.0.1:${server.port}/`));
    expect(['http_reset', 'http_malformed']).toContain(error.code);
    expect(server.heads).toHaveLength(0);
  });
});
