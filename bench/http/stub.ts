/** A small JSON API in a process of its own, so that the bench measures the client alone. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = Buffer.from(
  JSON.stringify({ user: { id: '12345', name: 'A Person' }, items: [1, 2, 3], text: 'x'.repeat(300) }),
);

// Whatever becomes of the bench, this ends with it.
process.on('disconnect', () => process.exit());

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(body);
}).listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
