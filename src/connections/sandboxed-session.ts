/** The rule that credentials go to the hosts of their provider's definition only, where every one of those hosts is a path of the sandbox's. */
import { addressInSandbox } from '../providers/index.js';
import type { ApiSession } from './api-call.js';

/**
 * @param session looks at the origin of what it is asked to call
 * @param own the provider's addresses that it may call, as the sandbox has them
 */
export function sandboxedSession(session: ApiSession, own: readonly string[]): ApiSession {
  return {
    fetch(input, init) {
      const asked = input instanceof Request ? input.url : input;
      const address = addressInSandbox(asked, own);
      if (address === asked) return session.fetch(input, init);
      return session.fetch(input instanceof Request ? new Request(address, input) : address, init);
    },
  };
}
