import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import { type BodyFeeder, ResponseBody } from '../../src/http/response-body.js';

class RecordedFeeder implements BodyFeeder {
  readonly calls: string[] = [];
  pause(): void {
    this.calls.push('pause');
  }
  resume(): void {
    this.calls.push('resume');
  }
  bodyDone(): void {
    this.calls.push('done');
  }
  bodyCancelled(): void {
    this.calls.push('cancelled');
  }
  bodyTooLarge(): void {
    this.calls.push('too large');
  }
  bodyUndecodable(): void {
    this.calls.push('undecodable');
  }
}

function open(coding: 'identity' | 'gzip', maxBytes = 64 * 1_048_576) {
  const feeder = new RecordedFeeder();
  return { feeder, body: new ResponseBody(feeder, { coding, maxBytes, declaredEmpty: false }) };
}

async function size(stream: ReadableStream<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.byteLength;
  return bytes;
}

describe('back-pressure', () => {
  it('pauses the socket at 64 KiB that nobody reads, and goes on when somebody does', async () => {
    const { body, feeder } = open('identity');
    body.push(Buffer.alloc(60_000));
    expect(feeder.calls).not.toContain('pause');
    body.push(Buffer.alloc(10_000));
    expect(feeder.calls.filter((call) => call === 'pause')).toHaveLength(1);
    const resumesBefore = feeder.calls.filter((call) => call === 'resume').length;
    await body.stream.getReader().read();
    expect(feeder.calls.filter((call) => call === 'resume').length).toBeGreaterThan(resumesBefore);
  });

  it('reaches through the decoder: what nobody reads is not decoded', async () => {
    const bomb = gzipSync(Buffer.alloc(16 * 1_048_576));
    const { body, feeder } = open('gzip');
    body.push(bomb);
    body.end();
    // The yardstick: in the time of three complete decodings an unbounded one would long be done.
    for (let i = 0; i < 3; i += 1) await promisify(gunzip)(bomb);
    expect(feeder.calls).not.toContain('done');
    expect(await size(body.stream)).toBe(16 * 1_048_576);
    expect(feeder.calls).toContain('done');
  });

  it('pauses the socket when encoded data comes faster than it is decoded', async () => {
    const encoded = gzipSync(randomBytes(200_000));
    const { body, feeder } = open('gzip');
    body.push(encoded.subarray(0, 100_000));
    expect(feeder.calls.at(-1)).toBe('pause');
    const resumed = new Promise<void>((resolve) => {
      feeder.resume = () => {
        feeder.calls.push('resume');
        resolve();
      };
    });
    const whole = size(body.stream);
    await resumed;
    body.push(encoded.subarray(100_000));
    body.end();
    expect(await whole).toBe(200_000);
  });
});

describe('after the end', () => {
  it('nothing more is delivered', async () => {
    const { body, feeder } = open('identity', 4);
    body.push(Buffer.from('ok'));
    body.end();
    body.push(Buffer.from('more'));
    body.fail(new Error('late'));
    expect(await size(body.stream)).toBe(2);
    expect(feeder.calls.filter((call) => call !== 'resume')).toEqual(['done']);
  });

  it('a cancelled body reports only that', async () => {
    const { body, feeder } = open('gzip');
    body.push(gzipSync(Buffer.alloc(1_000_000)));
    await body.stream.cancel();
    body.push(Buffer.from('garbage'));
    body.end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(feeder.calls.filter((call) => call !== 'resume')).toEqual(['cancelled']);
  });
});
