/**
 * Opens connections, but only while a request waits for one. undici reconnects after every aborted request, even with nothing left to send; to a
 * provider that is slow already, each call that timed out would cost a second connection (sec-S1, sec-S2).
 */
import type { Buffer } from 'node:buffer';
import { isIP, type LookupFunction } from 'node:net';
import * as tls from 'node:tls';
import { buildConnector } from 'undici';
import { AddressNotPublic, isPublicAddress, publicLookup } from './public-addresses.js';

/** How many requests wait for a connection, per origin. */
export class Demand {
  readonly #waiting = new Map<string, number>();

  add(origin: string): void {
    this.#waiting.set(origin, (this.#waiting.get(origin) ?? 0) + 1);
  }

  remove(origin: string): void {
    const left = (this.#waiting.get(origin) ?? 0) - 1;
    if (left > 0) this.#waiting.set(origin, left);
    else this.#waiting.delete(origin);
  }

  has(origin: string): boolean {
    return this.#waiting.has(origin);
  }
}

export interface ConnectorOptions {
  /** Milliseconds after which an attempt is given up and its socket closed; coarse, each request keeps its own exact time. */
  connectMs: number;
  /** PEM certificate trusted besides Node's built-in authorities. */
  ca: string | Buffer | undefined;
  /** Connects to public addresses only (sec-J4), found by this or the system's lookup. */
  publicOnly?: { lookup?: LookupFunction | undefined };
}

export function demandConnector(options: ConnectorOptions, demand: Demand): buildConnector.connector {
  const { connectMs, ca, publicOnly } = options;
  const connect = buildConnector({
    timeout: connectMs,
    ...(publicOnly ? { lookup: publicLookup(publicOnly.lookup) } : {}),
    // One context for all connections: parsing the authorities costs milliseconds.
    ...(ca === undefined ? {} : { secureContext: tls.createSecureContext({ ca: [...tls.rootCertificates, ca] }) }),
  });
  return (target, callback) => {
    // Not within undici's own call, which would miss the answer; and decided at the same moment as it is given, since a new request that came
    // to wait behind this attempt in between would fail with it.
    queueMicrotask(() => {
      // An address is connected to without any lookup.
      const address = target.hostname.replace(/^\[|\]$/g, '');
      if (publicOnly && isIP(address) !== 0 && !isPublicAddress(address)) return callback(new AddressNotPublic(), null);
      if (demand.has(`${target.protocol}//${target.host}`)) connect(target, callback);
      else callback(new Error('no request waits for this connection any more'), null);
    });
  };
}
