/**
 * A self-signed certificate made on the spot, so that no key lies in the repository and no OpenSSL has to be installed: the few pieces of DER
 * an X.509 v3 certificate needs (RFC 5280 section 4.1), signed with ECDSA P-256.
 */
import { generateKeyPairSync, sign } from 'node:crypto';

export interface CertificateOptions {
  dnsName?: string;
  /** An IPv4 address. */
  ipAddress?: string;
  notBefore?: Date;
  notAfter?: Date;
}

export function selfSigned(options: CertificateOptions): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid('06082a8648ce3d040302'));
  const name = sequence(der(0x31, sequence(oid('0603550403'), der(0x0c, Buffer.from('latchkey test')))));
  const validity = sequence(
    time(options.notBefore ?? new Date(Date.now() - 86_400_000)),
    time(options.notAfter ?? new Date(Date.now() + 86_400_000)),
  );
  const alternatives: Buffer[] = [];
  if (options.dnsName !== undefined) alternatives.push(der(0x82, Buffer.from(options.dnsName)));
  if (options.ipAddress !== undefined)
    alternatives.push(der(0x87, Buffer.from(options.ipAddress.split('.').map(Number))));
  const subjectAltName = sequence(oid('0603551d11'), der(0x04, sequence(...alternatives)));
  const basicConstraints = sequence(
    oid('0603551d13'),
    der(0x01, Buffer.from([0xff])),
    der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
  );
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(basicConstraints, subjectAltName)),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const cert = sequence(body, algorithm, signature)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${cert}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, ...content: Buffer[]): Buffer {
  const value = Buffer.concat(content);
  const size = value.length;
  // DER wants the shortest form (X.690 section 10.1).
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

function sequence(...content: Buffer[]): Buffer {
  return der(0x30, ...content);
}

/** An object identifier given as its finished encoding. */
function oid(encoded: string): Buffer {
  return Buffer.from(encoded, 'hex');
}

/** GeneralizedTime: YYYYMMDDHHMMSSZ */
function time(date: Date): Buffer {
  return der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+/g, '')}`));
}
