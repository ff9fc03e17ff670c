/** What people read when a request is refused or fails, by the code of the error. */
import type { ProviderDefinition } from '../../providers/index.js';
import type { WebErrorCode } from '../web-error.js';
import type { Message } from './message.js';

/** @param provider whose start or callback the request is, if it is one */
export function webMessage(code: WebErrorCode, provider: ProviderDefinition | undefined): Message {
  const instance = provider?.instance;
  if (!provider || !instance) return webMessages[code];
  switch (code) {
    case 'instance_refused':
      return {
        title: webMessages[code].title,
        text: `${instance.label} at ${provider.name}: enter the whole name and nothing else, such as ${instance.placeholder}.`,
      };
    case 'instance_elsewhere':
      return {
        title: `Not on that ${provider.name} server`,
        text: `This site is registered at ${instance.default ?? 'one server'} only, so accounts on other servers cannot be used here.`,
      };
    default:
      return webMessages[code];
  }
}

const webMessages: Readonly<Record<WebErrorCode, Message>> = {
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
  unsupported_type: { title: 'That could not be read', text: 'The request had a form that this site does not take.' },
  too_many_requests: {
    title: 'A little slower, please',
    text: 'Too many attempts in a short time, and this one was not carried out. Wait a minute and try again.',
  },
  prefetch: { title: 'Not ahead of time', text: 'This address is only answered when you open it yourself.' },
  sign_in_not_offered: {
    title: 'This provider is not a way to sign in',
    text: 'It can be connected once you are signed in.',
  },
  instance_refused: {
    title: 'That name does not fit',
    text: 'Enter the whole name of your server and nothing else.',
  },
  instance_elsewhere: {
    title: 'Not on that server',
    text: 'This site is registered at another one, so accounts there cannot be used here.',
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
