/** After an attempt that came to nothing, the page offers the same provider once more, where a second try can come to something. */
import type { Request, Response } from 'express';
import type { Provider } from '../providers/index.js';

export interface SecondTry {
  readonly intent: 'auth' | 'connect';
  readonly provider: Provider;
}

/** Not where only the operator, or another person, can change anything. */
const worthAnother: ReadonlySet<string> = new Set([
  'denied',
  'flow_unknown',
  'flow_spent',
  'flow_expired',
  'callback_malformed',
  'provider_error',
  'provider_unreachable',
  'provider_failing',
  'provider_busy',
  'provider_timeout',
  'provider_nonsense',
  'csrf_refused',
  'instance_refused',
  'instance_elsewhere',
]);

/** Remembers whose start or callback a request is. */
export function rememberProvider(res: Response, provider: Provider): void {
  res.locals.provider = provider;
}

/** @param code of the failure, as the page's error has it */
export function secondTry(req: Request, res: Response, code: string): SecondTry | undefined {
  const provider: Provider | undefined = res.locals.provider;
  if (!provider || !worthAnother.has(code)) return undefined;
  if (req.user) return { intent: 'connect', provider };
  return provider.canSignIn ? { intent: 'auth', provider } : undefined;
}
