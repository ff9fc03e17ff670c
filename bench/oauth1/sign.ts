/**
 * How fast signing is, as ratios within one run: `npx tsx bench/oauth1/sign.ts`. Ends with 1 when a promise of docs/oauth1.md
 * is not kept on this machine.
 */
import { createSign, generateKeyPairSync } from 'node:crypto';
import { createSigner } from '../../src/oauth1/index.js';
import { contenders, FLOOR, OURS, RIVAL } from './contenders.js';
import { measure } from './measure.js';

const hmac = measure(contenders);
const floor = hmac[FLOOR] ?? Number.NaN;
console.log('GET with HMAC-SHA1, Authorization header out, another URL each call');
for (const [name, time] of Object.entries(hmac)) {
  console.log(
    `  ${name.padEnd(40)} ${time.toFixed(2).padStart(8)} µs  ${(time / floor).toFixed(2).padStart(6)} × floor`,
  );
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaSigner = createSigner({ clientId: 'ck', privateKey, token: 'tk' }, { signatureMethod: 'RSA-SHA256' });
let calls = 0;
const signAnother = () => rsaSigner.sign({ method: 'GET', url: `https://api.example.com/r?call=${++calls}` });
const prebuilt = signAnother().baseString;
const rsa = measure({
  bare: () => createSign('sha256').update(prebuilt).sign(privateKey, 'base64').length,
  ours: () => signAnother().signature.length,
});
const [bareRsa = Number.NaN, ourRsa = Number.NaN] = [rsa.bare, rsa.ours];
console.log(
  `RSA-SHA256, 2048 bits\n  bare createSign with a KeyObject ${bareRsa.toFixed(0)} µs, ours ${ourRsa.toFixed(0)} µs`,
);

const [ours = Number.NaN, rival = Number.NaN] = [hmac[OURS], hmac[RIVAL]];
const promises: [string, number, (ratio: number) => boolean][] = [
  ['time over the floor, at most 2.8', ours / floor, (ratio) => ratio <= 2.8],
  ['times faster than oauth-1.0a, at least 2.5', rival / ours, (ratio) => ratio >= 2.5],
  ['RSA time over a bare createSign, at most 1.2', ourRsa / bareRsa, (ratio) => ratio <= 1.2],
];
for (const [promise, ratio, isKept] of promises) {
  console.log(`${isKept(ratio) ? 'kept  ' : 'BROKEN'} ${promise}: ${ratio.toFixed(2)}`);
  if (!isKept(ratio)) process.exitCode = 1;
}
