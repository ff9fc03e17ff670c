/** RFC 8705: the client is known by its certificate. A real TLS server asks for it; the token request carries the client id and no secret. */
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Agent } from 'undici';
import { HttpClient } from '../../src/http/index.js';
import { clientCredentials, OAuth2Session } from '../../src/oauth2/index.js';
import { selfSigned } from '../http/certificate.js';

const ours = selfSigned({ dnsName: 'localhost' });
const theirs = selfSigned({ dnsName: 'localhost' });
const seen: { fingerprint: string | undefined; authorization: string | undefined; body: string }[] = [];
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer({ ...theirs, requestCert: true, rejectUnauthorized: false }, (req, res) => {
    const { fingerprint256 } = (req.socket as TLSSocket).getPeerCertificate();
    let body = '';
    req.on('data', (chunk) => {
      body += chunk;
    });
    req.on('end', () => {
      seen.push({ fingerprint: fingerprint256, authorization: req.headers.authorization, body });
      const known = fingerprint256 !== undefined;
      res.writeHead(known ? 200 : 401, { 'content-type': 'application/json' });
      res.end(JSON.stringify(known ? { access_token: 'bound', token_type: 'Bearer' } : { error: 'invalid_client' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}/token`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function session(connect: object): { session: OAuth2Session; close(): Promise<void> } {
  const dispatcher = new Agent({ connect: { ca: theirs.cert, ...connect } });
  const http = new HttpClient({ dispatcher });
  const made = new OAuth2Session({
    clientId: 'machine',
    clientAuth: 'tls_client_auth',
    endpoints: { token: url },
    fetch: http.fetch(),
  });
  return {
    session: made,
    close: async () => {
      await http.close();
      await dispatcher.close();
    },
  };
}

test('with the certificate, the id alone is enough', async () => {
  const { session: client, close } = session({ cert: ours.cert, key: ours.key });
  const token = await client.grant(clientCredentials());
  expect(token.accessToken).toBe('bound');
  expect(seen.at(-1)).toMatchObject({ authorization: undefined });
  expect(new URLSearchParams(seen.at(-1)?.body).get('client_id')).toBe('machine');
  expect(seen.at(-1)?.body).not.toContain('secret');
  await close();
});

test('without it, the client is refused', async () => {
  const { session: client, close } = session({});
  await expect(client.grant(clientCredentials())).rejects.toMatchObject({ code: 'oauth2_invalid_client' });
  await close();
});
