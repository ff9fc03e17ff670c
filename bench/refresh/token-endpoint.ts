/** A provider's token endpoint that answers at once, in a process of its own: every refresh token is good, and is replaced by another. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

process.on('disconnect', () => process.exit());

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const token = { access_token: randomBytes(24).toString('hex'), refresh_token: randomBytes(24).toString('hex') };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...token, token_type: 'Bearer', expires_in: 28_800 }));
  });
}).listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
