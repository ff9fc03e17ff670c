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
const nextUrl = () => `https://api.example.com/r?call=${++calls}`;
const prebuilt = rsaSigner.sign({ method: 'GET', url: nextUrl() }).baseString;
const rsa = measure({
  bare: () => createSign('sha256').update(prebuilt).sign(privateKey, 'base64').length,
  ours: () => rsaSigner.sign({ method: 'GET', url: nextUrl() }).signature.length,
});
const rsaRatio = (rsa.ours ?? Number.NaN) / (rsa.bare ?? Number.NaN);
console.log(
  `RSA-SHA256, 2048 bits\n  bare createSign with a KeyObject ${(rsa.bare ?? 0).toFixed(0)} µs, ours ${rsaRatio.toFixed(2)} × that`,
);

const ours = hmac[OURS] ?? Number.NaN;
const promises: [string, boolean][] = [
  [`at most 2.8 × the floor: ${(ours / floor).toFixed(2)}`, ours / floor <= 2.8],
  [
    `at least 2.5 × faster than oauth-1.0a: ${((hmac[RIVAL] ?? 0) / ours).toFixed(2)}`,
    (hmac[RIVAL] ?? 0) / ours >= 2.5,
  ],
  [`RSA within 1.2 × of a bare createSign: ${rsaRatio.toFixed(2)}`, rsaRatio <= 1.2],
];
for (const [promise, kept] of promises) console.log(`${kept ? 'kept  ' : 'BROKEN'} ${promise}`);
if (promises.some(([, kept]) => !kept)) process.exitCode = 1;
