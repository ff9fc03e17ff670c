/** Why an attempt ended without a connection, in words for whoever sits at the terminal. */
import type { FlowRefusalCode, LinkRefusal } from '../../flows/index.js';
import { CliFailure } from '../failure.js';

const AGAIN = 'Nothing was connected. Start again with: latchkey connect';

/** @param name the provider's */
export function flowFailure(code: FlowRefusalCode, name: string, cause: unknown): CliFailure {
  const [message, advice] = wordsOf(code, name);
  return new CliFailure(code, message, advice, { cause });
}

function wordsOf(code: FlowRefusalCode, name: string): [message: string, advice: string | undefined] {
  switch (code) {
    case 'denied':
      return [`${name} says that you did not agree. Nothing was connected.`, undefined];
    case 'flow_unknown':
    case 'flow_spent':
    case 'provider_mismatch':
    case 'user_mismatch':
      return ['That answer does not belong to this attempt.', AGAIN];
    case 'flow_expired':
      return [`That took too long: ${name} does not wait any more.`, AGAIN];
    case 'callback_malformed':
      return ['That answer is incomplete or garbled.', AGAIN];
    case 'provider_error':
      return [`${name} reported an error instead of an answer.`, AGAIN];
    case 'provider_unreachable':
      return [`${name} cannot be reached, or broke off.`, 'Try again in a few minutes; latchkey doctor looks closer.'];
    case 'provider_failing':
      return [`${name} reported an error of its own.`, 'Try again in a few minutes; its status page may say more.'];
    case 'provider_busy':
      return [`${name} asks us to slow down.`, 'Try again in a few minutes.'];
    case 'provider_timeout':
      return [`${name} did not answer in time.`, 'Try again in a few minutes; latchkey doctor looks closer.'];
    case 'provider_nonsense':
      return [`${name} answered with something that cannot be used.`, AGAIN];
    case 'provider_misconfigured':
      return [
        `${name} does not accept our client.`,
        'Check its client id, secret and callback address in the provider’s console.',
      ];
    case 'clock_disagrees':
      return [
        `The clocks of ${name} and of this machine disagree.`,
        'Set this machine’s clock; latchkey doctor says by how much.',
      ];
    case 'flow_too_large':
      return [`${name} uses values that are too large.`, undefined];
  }
}

export function linkFailure(because: LinkRefusal, name: string): CliFailure {
  const switchedOff = because === 'account_disabled' || because === 'account_lost';
  return new CliFailure(
    because,
    switchedOff
      ? 'This person’s account is switched off.'
      : `This ${name} account belongs to somebody else of the web app.`,
    switchedOff ? 'An operator can switch it on.' : 'Nothing was changed for either.',
  );
}
