/** Values at the paths of provider definitions: `data.accounts.0.id`, where a step that is a number means a list, or JSON Pointers. */
import { stepsOf } from '../oauth2/index.js';

/** Whether a JSON answer holds a value there. */
export function has(answer: unknown, path: string): boolean {
  let value = answer;
  for (const step of stepsOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
    value = (value as Record<string, unknown>)[step];
  }
  return value !== undefined;
}

/** Puts a value there, making what is missing on the way. */
export function place(root: Record<string, unknown>, path: string, value: unknown): void {
  const steps = stepsOf(path);
  let holder = root;
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    if (next === undefined) {
      define(holder, step, value);
      return;
    }
    const existing = Object.hasOwn(holder, step) ? holder[step] : undefined;
    const inner = typeof existing === 'object' && existing !== null ? existing : /^\d+$/.test(next) ? [] : {};
    define(holder, step, inner);
    holder = inner as Record<string, unknown>;
  }
}

/** Own property whatever the name, so that a path named after a prototype's member does no harm. */
function define(holder: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}
