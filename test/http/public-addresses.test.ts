import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { HttpClient } from '../../src/http/index.js';
import { isPublicAddress } from '../../src/http/public-addresses.js';

/** IANA special-purpose addresses, cloud metadata services, and the tricks that lead to them (sec-J4). */
const NOT_PUBLIC = [
  ...[
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
  ],
  ...['169.254.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.0.192', '192.0.2.1'],
  ...['192.88.99.1', '192.168.0.1', '192.168.255.255', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1'],
  ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1'],
  ...['64:ff9b::8.8.8.8', '64:ff9b:1::1', '100::1', '2001::1', '2001:2::1', '2001:10::1', '2001:20::1', '2001:db8::1'],
  ...['2002:7f00:1::', '2002:c0a8:1::1', '3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%eth0'],
  ...['fec0::1', 'ff02::1', 'localhost', '2130706433', '0177.0.0.1', '0x7f.1', '127.1', ''],
];
const PUBLIC = ['1.1.1.1', '8.8.8.8', '100.63.255.255', '100.128.0.1', '172.32.0.1', '192.0.1.1', '223.255.255.255'];
const PUBLIC_V6 = ['2606:4700:4700::1111', '2a00:1450:4001::200e', '2001:4860:4860::8888', '2003::1', '3ffe::1'];

it.each(NOT_PUBLIC)('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

it.each([...PUBLIC, ...PUBLIC_V6])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

describe('a fetch to hosts that people name', () => {
  const server = createServer((_request, response) => response.end('reached'));
  let connections = 0;
  let port = 0;
  let answers: readonly (readonly string[])[] = [];
  const asked: string[] = [];
  /** A name server that answers differently each time. */
  const lookup: LookupFunction = (hostname, _options, callback) => {
    asked.push(hostname);
    const addresses = answers[Math.min(asked.length, answers.length) - 1] ?? [];
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  const client = new HttpClient({ lookup });
  const fetch = client.fetch({ publicHostsOnly: true });

  beforeAll(async () => {
    server.on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => {
    asked.length = 0;
    connections = 0;
  });
  afterAll(async () => {
    await client.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ...['127.0.0.1', '0177.1', '2130706433', '0x7f000001', '[::1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]'],
    ...['[2002:7f00:1::]', '169.254.169.254', '100.64.0.1', '192.168.1.1', '10.0.0.1', '[fe80::1]', '[fd00:ec2::254]'],
  ])('refuses the address %s without a connection', async (host) => {
    await expect(fetch(`https://${host}/`)).rejects.toMatchObject({ code: 'http_unreachable' });
    expect([asked, connections]).toEqual([[], 0]);
  });

  it.each([
    ['one private address', ['10.0.0.1']],
    ['this machine', ['127.0.0.1']],
    ['this machine, embedded in IPv6', ['::ffff:127.0.0.1']],
    ['a public address and a private one', ['1.1.1.1', '192.168.0.1']],
    ['none', []],
  ])('refuses a name that leads to %s', async (_what, addresses) => {
    answers = [addresses];
    await expect(fetch('https://rebinding.test/')).rejects.toMatchObject({ code: 'http_unreachable' });
    expect([asked, connections]).toEqual([['rebinding.test'], 0]);
  });

  it('says in words what was wrong, and keeps the trick out of them', async () => {
    answers = [['127.0.0.1']];
    await expect(fetch('https://localhost./')).rejects.toThrow(
      'localhost. cannot be reached: it has no public address',
    );
  });

  it('connects to the very address that was checked: the name is looked up once', async () => {
    // Nobody answers there, which is the point: a second look-up would have led to this machine.
    answers = [['192.0.1.1'], ['127.0.0.1']];
    const short = client.fetch({ publicHostsOnly: true, deadlineMs: 200 });
    await expect(short('https://rebinding.test/')).rejects.toMatchObject({ code: expect.stringMatching(/^http_/) });
    expect([asked, connections]).toEqual([['rebinding.test'], 0]);
  });

  it('takes https on its standard port only', async () => {
    for (const url of [
      `http://127.0.0.1:${port}/`,
      'http://localhost/',
      'https://public.test:8443/',
      'https://public.test:22/',
    ]) {
      await expect(fetch(url)).rejects.toMatchObject({ code: 'http_insecure' });
    }
    expect([asked, connections]).toEqual([[], 0]);
  });

  it('leaves all other fetches alone', async () => {
    const response = await client.fetch()(`http://127.0.0.1:${port}/`);
    expect(await response.text()).toBe('reached');
  });
});
