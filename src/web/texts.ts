/** What people read when something happened or went wrong: one place, plain words, and always what to do next. */
import type { FlowRefusalCode } from '../flows/index.js';
import type { WebErrorCode } from './web-error.js';

export interface Message {
  readonly title: string;
  readonly text: string;
}

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
        text: `It was used before, belongs to another browser, or was never ours. ${startAgain}`,
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
        text: 'It belongs to another account here, so nothing was changed. If that is yours too, sign in there and disconnect it first.',
      };
    case 'gone':
      return { title: 'That took a little too long', text: `A decision is kept for ten minutes. ${startAgain}` };
  }
}

export const webMessages: Readonly<Record<WebErrorCode, Message>> = {
  not_found: { title: 'There is nothing here', text: 'The address may be mistyped, or what was here is gone.' },
  unknown_provider: { title: 'There is no such provider', text: 'This site has no provider of that name.' },
  method_not_allowed: { title: 'This address is not opened like that', text: 'Use the buttons on the first page.' },
  csrf_refused: {
    title: 'This form is out of date',
    text: 'It did not come from a current page of this site. Open the first page again and repeat what you did; cookies must be allowed.',
  },
  wrong_host: { title: 'Wrong address', text: 'This site does not answer under that name.' },
  bad_request: { title: 'That could not be read', text: 'The request was malformed.' },
  too_large: { title: 'That was too much', text: 'The request was larger than anything this site takes.' },
  too_many_requests: {
    title: 'A little slower, please',
    text: 'Too many attempts in a short time. Wait a minute and try again.',
  },
  prefetch: { title: 'Not ahead of time', text: 'This address is only answered when you open it yourself.' },
  sign_in_not_offered: {
    title: 'This provider is not a way to sign in',
    text: 'It can be connected once you are signed in.',
  },
  instance_refused: {
    title: 'That address does not fit',
    text: 'The provider’s address does not have the expected form.',
  },
  last_way_to_sign_in: {
    title: 'This is your last way to sign in',
    text: 'Without it nobody could open your account again, so it stays. Allow another one first, or delete the account.',
  },
  taken: {
    title: 'This account is in use already',
    text: 'Somebody else here signs in with it, so nothing was changed.',
  },
  own_account: {
    title: 'Not with your own account',
    text: 'An operator cannot switch off or delete their own account here. The account page can delete it.',
  },
  wrong_code: {
    title: 'That is not the code',
    text: 'The code was printed where this site was started, and is a new one after each start.',
  },
  claim_closed: {
    title: 'There is an operator already',
    text: 'The code of the start makes the first one only. Nothing was changed.',
  },
  sign_out_unfinished: {
    title: 'You are signed out in this browser only',
    text: 'Our database cannot be reached, so the session was not ended on our side. This browser has forgotten it. To be sure, sign in later and end it on your account page; unused, it ends by itself after 14 days.',
  },
  unavailable: {
    title: 'We are having trouble',
    text: 'Our database cannot be reached at the moment. Nothing was lost. Please try again in a minute.',
  },
  internal: { title: 'Something went wrong on our side', text: 'It was noted. Please try again.' },
};

/** Why a connection needs its person, in words. */
export function reasonText(reason: string | null): string {
  switch (reason) {
    case 'invalid_grant':
      return 'Access was withdrawn there, or has run out.';
    case 'interrupted':
      return 'Renewing the access was interrupted and the answer was lost.';
    case 'expired':
      return 'The access has run out and cannot be renewed.';
    case 'unreadable':
      return 'The stored access can no longer be read.';
    case 'no_answer':
      return 'The provider did not answer.';
    default:
      return 'The provider did not accept our last request.';
  }
}

/** Short notes on the page after a step, by the code that the notice cookie carries. */
export function noticeText(code: string, provider: string | undefined): string | undefined {
  const name = provider ?? 'The provider';
  switch (code) {
    case 'signed-out':
      return 'You are signed out.';
    case 'connected':
      return `${name} is connected.`;
    case 'disconnected':
      return `${name} is disconnected, and the access was withdrawn there.`;
    case 'disconnected-here':
      return `${name} is disconnected here. It has no way to withdraw the access from here; you can remove this site on its own page.`;
    case 'not-revoked':
      return `${name} is disconnected here, but withdrawing the access there did not work. Please remove this site on its own page.`;
    case 'confirmed':
      return 'Thank you, you have just proved that it is you. You can go on now.';
    case 'way-added':
      return `You can sign in with ${name} from now on.`;
    case 'way-removed':
      return `${name} is not a way to sign in any more, and every other browser was signed out.`;
    case 'session-ended':
      return 'That browser is signed out.';
    case 'sessions-ended':
      return 'Every other browser is signed out.';
    case 'account-deleted':
      return 'Your account is deleted, and nothing of it is left here.';
    case 'account-deleted-partly-revoked':
      return `Your account is deleted, and nothing of it is left here. We could not withdraw our access at ${name}; please remove this site there.`;
    case 'account-deleting':
      return 'Your account is closed for good. We are still withdrawing our access at the providers; what is stored here goes after that.';
    case 'operator':
      return 'You are an operator of this site now.';
    case 'person-disabled':
      return 'The account is switched off, and its sessions have ended.';
    case 'person-enabled':
      return 'The account is switched on again.';
    case 'person-deleted':
      return 'The account is deleted.';
    case 'person-deleting':
      return 'The account is closed and being deleted; its connections are still being ended.';
    case 'withdrawn':
      return `Every connection of ${name} is ended.`;
    case 'withdrawn-partly':
      return `Every connection of ${name} is ended here, but the provider did not confirm all of them. Revoking this site’s client there makes sure.`;
    case 'withdrawing':
      return `The connections of ${name} are being ended. That takes a while; the numbers below tell how far it is.`;
    case 'refreshed':
      return 'The access was renewed.';
    case 'nothing-to-renew':
      return `The access at ${name} does not run out, so there is nothing to renew.`;
    case 'refresh-failed':
      return 'The access could not be renewed just now.';
    case 'checked':
      return `${name} answers, and it is the right account.`;
    case 'check-failed':
      return `${name} did not confirm the account just now.`;
    default:
      return undefined;
  }
}
