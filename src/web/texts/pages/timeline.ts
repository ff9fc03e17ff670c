/** Words of the timeline of a flow: what each step is, how an attempt ended, and what whoever sets this site up can do about it. */

export const timelineTexts = {
  listTitle: 'Latest attempts',
  listLead:
    'Attempts to sign in and to connect that this process saw, and the failed ones of all. Codes, tokens and secrets are masked.',
  none: 'Nobody has tried yet.',
  title: (provider: string, intent: 'sign-in' | 'connect' | undefined) =>
    intent === undefined ? provider : intent === 'connect' ? `Connecting ${provider}` : `Signing in with ${provider}`,
  begun: 'Begun',
  how: 'What happened',
  hintTitle: 'What to look at',
  request: 'Request',
  again: 'Try it again',
  setup: 'Set-up',
  log: 'The log has more under this request.',
  took: (ms: number) => `${ms} ms`,
  states: { done: 'Done', failed: 'Failed', unseen: 'Seen elsewhere', not_reached: 'Not reached' },
  steps: {
    start: {
      name: 'Start',
      about: 'The start button was pressed, and the attempt was sealed into a cookie of this browser.',
    },
    redirect: {
      name: 'Sent to the provider',
      about: 'The browser was sent to the provider’s page with these parameters.',
    },
    callback: { name: 'Callback', about: 'The browser came back with these parameters.' },
    checks: { name: 'Checks', about: 'The same browser, provider and person, not used before, and complete.' },
    token: { name: 'Token request', about: 'The code or verifier was exchanged for tokens, from server to server.' },
    profile: { name: 'Account', about: 'The provider was asked whose account it is.' },
    decision: { name: 'Decision', about: 'Whose account here it belongs to was decided, and the result was stored.' },
  },
  unseen: 'Another process saw it, or this one before it was started again.',
} as const;

/** @param outcome as the record has it; `under_way` and `abandoned` where nobody has come back, within the life of an attempt and after it */
export function flowOutcomeText(outcome: string): string {
  switch (outcome) {
    case 'under_way':
      return 'At the provider';
    case 'abandoned':
      return 'Nobody came back';
    case 'signed_in':
      return 'Signed in';
    case 'connected':
      return 'Connected';
    case 'ask':
      return 'Asked whether to create an account';
    case 'refused':
      return 'Refused';
    case 'denied':
      return 'The person said no';
    default:
      return 'Failed';
  }
}

/** @param outcome code of the failure @param prefix of the provider's variables @returns undefined where there is nothing to mend */
export function flowHint(
  outcome: string,
  { name, prefix, callbackUrl }: { name: string; prefix: string; callbackUrl: string },
): string | undefined {
  switch (outcome) {
    case 'flow_unknown':
      return `The browser brought no cookie of this attempt. It began in another browser, under another host name (localhost and 127.0.0.1 are two), or ended before. The address in use has to be that of the callback URL, ${callbackUrl}.`;
    case 'flow_spent':
      return 'The same callback came before; a code works once.';
    case 'flow_expired':
      return 'More than ten minutes passed between the start and the callback.';
    case 'callback_malformed':
      return `${name} came back without what its protocol asks for. Compare the parameters of the callback with its documentation.`;
    case 'provider_mismatch':
      return `The callback URL of another provider is registered at ${name}. The right one is ${callbackUrl}.`;
    case 'user_mismatch':
      return 'Whoever began was not signed in any more, or somebody else was, when the callback came.';
    case 'provider_error':
      return `${name} refused the request before anybody was asked. Look at the error of the callback; the usual reasons are a callback URL that is not registered (${callbackUrl}), a scope that the app may not ask for, or an app that is not approved yet.`;
    case 'provider_misconfigured':
      return `${name} does not accept our client. Compare ${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET with its console, and look for white space and for keys of another app; then start again.`;
    case 'provider_failing':
      return `${name} answered that something is wrong on its side. Look at its status page.`;
    case 'provider_busy':
      return `${name} counts more requests of this client than it allows. Wait; its console or its documentation says how many there may be.`;
    case 'provider_unreachable':
    case 'provider_timeout':
      return `${name} could not be reached, or broke off. Look at its status page, and whether this machine may open connections to it.`;
    case 'provider_nonsense':
      return `${name} answered with something unexpected. The codes below say what; at the token request it is often a callback URL or a code that does not match, at the account a missing scope.`;
    case 'clock_disagrees':
      return 'The clock of this machine or the provider’s is wrong. Synchronise this one.';
    case 'flow_too_large':
      return 'What the provider gave at the start does not fit into a cookie.';
    case 'failed':
      return 'This is a fault on our side. The log names it.';
    default:
      return undefined;
  }
}
