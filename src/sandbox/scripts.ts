/** What a harness has scripted: answers for the next requests to a path, and paths whose answers are held back. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';

const path = z
  .string()
  .max(4000)
  .regex(/^\/[^?#\s]*$/, 'must be a path on this origin such as "/api.fitbit.com/oauth2/token", without a query');

const headerValue = z.union([z.string(), z.number().transform(String), z.array(z.string())]);

const headers = z.record(z.string(), headerValue).superRefine((value, context) => {
  for (const [name, text] of Object.entries(value)) {
    try {
      validateHeaderName(name);
      for (const one of [text].flat()) validateHeaderValue(name, one);
    } catch {
      context.addIssue({ code: 'custom', message: `"${name}" is not a header that can be sent` });
    }
  }
});

export const nextSchema = z.strictObject({
  path,
  times: z.number().int().min(1).max(1_000_000).optional(),
  status: z.number().int().min(200).max(599).optional(),
  headers: headers.optional(),
  /** Text goes out as it is; anything else as JSON. */
  body: z.json().optional(),
  delayMs: z.number().int().min(0).max(3_600_000).optional(),
  hang: z.boolean().optional(),
  /** Bytes of the body after which the connection is cut. */
  truncateAt: z.number().int().min(0).optional(),
  dripBytesPerSecond: z.number().positive().max(1_000_000_000).optional(),
  closeAfterHeaders: z.boolean().optional(),
});

export const holdSchema = z.strictObject({ path });
export const releaseSchema = z.strictObject({ path: path.optional() });

export type Script = z.infer<typeof nextSchema>;

/** Answers are held until this resolves. */
interface Hold {
  readonly released: Promise<void>;
  release(): void;
}

export class Scripts {
  readonly #next = new Map<string, { script: Script; left: number }[]>();
  readonly #holds = new Map<string, Hold>();

  /** Several scripts for one path are used up in the order in which they came. */
  add(script: Script): void {
    const queue = this.#next.get(script.path) ?? [];
    queue.push({ script, left: script.times ?? 1 });
    this.#next.set(script.path, queue);
  }

  /** The script for a request that has just come in, which counts as used. */
  take(path: string): Script | undefined {
    const queue = this.#next.get(path);
    const first = queue?.[0];
    if (!queue || !first) return undefined;
    first.left -= 1;
    if (first.left === 0) queue.shift();
    return first.script;
  }

  forget(): void {
    this.#next.clear();
  }

  hold(path: string): void {
    if (this.#holds.has(path)) return;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#holds.set(path, { released, release });
  }

  /** Undefined where nothing is held. */
  whenReleased(path: string): Promise<void> | undefined {
    return this.#holds.get(path)?.released;
  }

  /** Ends one hold, or all of them. */
  release(path?: string): void {
    for (const [held, hold] of this.#holds) {
      if (path !== undefined && held !== path) continue;
      this.#holds.delete(held);
      hold.release();
    }
  }
}
