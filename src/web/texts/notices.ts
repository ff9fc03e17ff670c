/** Short notes on the page after a step, by the code that the notice cookie carries. */
import { troubleText } from './connections.js';

/** `done`: what was asked for has happened. `note`: it goes on, or there was nothing to do. `trouble`: it did not work, or only in part. */
export type NoticeKind = 'done' | 'note' | 'trouble';

const notes: ReadonlySet<string> = new Set([
  'signed-out',
  'account-deleting',
  'person-deleting',
  'withdrawing',
  'nothing-to-renew',
]);
const troubles: ReadonlySet<string> = new Set([
  'disconnected-here',
  'not-revoked',
  'account-deleted-partly-revoked',
  'withdrawn-partly',
  'withdrawal-failed',
  'refresh-failed',
  'check-failed',
  'key-missing',
]);

export function noticeKind(code: string): NoticeKind {
  if (troubles.has(code)) return 'trouble';
  return notes.has(code) ? 'note' : 'done';
}

export function noticeText(code: string, provider: string | undefined): string | undefined {
  const name = provider ?? 'The provider';
  switch (code) {
    case 'signed-out':
      return 'You are signed out.';
    case 'connected':
      return `${name} is connected.`;
    case 'reconnected':
      return `${name} is connected again.`;
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
    case 'withdrawal-failed':
      return `Not every connection of ${name} could be ended, because something failed here; the log says what. Please do it again for those that are left.`;
    case 'withdrawing':
      return `The connections of ${name} are being ended. That takes a while; the numbers below tell how far it is.`;
    case 'refreshed':
      return 'The access was renewed.';
    case 'nothing-to-renew':
      return `There is nothing to renew: access at ${name} has no end, or came without a way to prolong it.`;
    case 'refresh-failed':
      return 'The access could not be renewed just now.';
    case 'key-missing':
      return troubleText('vault_key_unknown');
    case 'checked':
      return `${name} answers, and it is the right account.`;
    case 'check-failed':
      return `${name} did not confirm the account just now.`;
    default:
      return undefined;
  }
}
