/** What people read when an attempt to sign in or to connect ends without a result: plain words, and always what to do next. */
import type { FlowRefusalCode } from '../../flows/index.js';
import type { Message } from './message.js';

/** Outcomes that are refused by the linking decision. */
export type LinkRefusal =
  | 'account_disabled'
  | 'account_lost'
  | 'not_a_way_to_sign_in'
  | 'sign_up_closed'
  | 'belongs_to_somebody_else'
  | 'gone';

const startAgain = 'Nothing was changed. Start again from the first page.';

/** @param provider the provider's name as people know it */
export function flowMessage(code: FlowRefusalCode, provider: string): Message {
  switch (code) {
    case 'denied':
      return {
        title: 'You said no, and that is fine',
        text: `${provider} gave us nothing, and nothing was changed here.`,
      };
    case 'flow_unknown':
    case 'flow_spent':
    case 'provider_mismatch':
      return {
        title: 'This link cannot be used',
        text: 'It was used before, belongs to another browser, or was never ours; now it changed nothing. If you used it a moment ago, what it did then is done.',
      };
    case 'flow_expired':
      return { title: 'That took a little too long', text: `An attempt is good for ten minutes. ${startAgain}` };
    case 'callback_malformed':
      return {
        title: `${provider} sent something unusable`,
        text: `The answer was incomplete or garbled. ${startAgain}`,
      };
    case 'user_mismatch':
      return {
        title: 'You are not signed in as the person who started this',
        text: 'Nothing was connected. Sign in, then connect the account again.',
      };
    case 'provider_error':
      return { title: `${provider} reported an error`, text: `It could not finish the request. ${startAgain}` };
    case 'provider_unreachable':
      return {
        title: `${provider} is having trouble`,
        text: 'It could not be reached or broke off. Nothing was changed. Please try again in a few minutes.',
      };
    case 'provider_failing':
      return {
        title: `${provider} is having trouble`,
        text: 'It reported an error of its own. Nothing was changed. Please try again in a few minutes.',
      };
    case 'provider_busy':
      return {
        title: `${provider} asks us to slow down`,
        text: 'More was asked of it lately than it answers. Nothing was changed. Please try again in a few minutes.',
      };
    case 'provider_timeout':
      return {
        title: `${provider} did not answer in time`,
        text: 'We stopped waiting. Nothing was changed. Please try again in a few minutes.',
      };
    case 'provider_nonsense':
      return {
        title: `${provider} answered with something we cannot use`,
        text: 'Nothing was changed. Please try again; if it stays like this, tell whoever runs this site.',
      };
    case 'provider_misconfigured':
      return {
        title: `${provider} does not accept this site`,
        text: 'The site’s own registration there is wrong or was withdrawn. Tell whoever runs this site; your account is fine.',
      };
    case 'clock_disagrees':
      return {
        title: `The time at ${provider} and here does not agree`,
        text: 'So its answer could not be trusted, and nothing was changed. Tell whoever runs this site that a clock is wrong.',
      };
    case 'flow_too_large':
      return {
        title: 'This attempt cannot be started',
        text: `${provider} uses values larger than a browser can keep.`,
      };
  }
}

export function refusalMessage(because: LinkRefusal, provider: string): Message {
  switch (because) {
    case 'account_disabled':
    case 'account_lost':
      return { title: 'You cannot sign in', text: 'This account is switched off. Ask whoever runs this site.' };
    case 'not_a_way_to_sign_in':
      return {
        title: 'This account is not a way to sign in here',
        text: `It is connected, but nobody allowed signing in with it. Sign in another way; then it can be switched on.`,
      };
    case 'sign_up_closed':
      return {
        title: 'New accounts are closed',
        text: 'People who have an account can sign in; new ones are not taken.',
      };
    case 'belongs_to_somebody_else':
      return {
        title: `This ${provider} account is in use already`,
        text: 'It belongs to another account here, so nothing was changed. If that is yours too, sign in there, disconnect it and remove it from its ways to sign in; where it is the only way, delete that account.',
      };
    case 'gone':
      return { title: 'That took a little too long', text: `A decision is kept for ten minutes. ${startAgain}` };
  }
}
