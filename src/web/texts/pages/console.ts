/** Words of the console, where somebody calls a provider's API by hand. */
import type { ConsoleProblem } from '../../console/request.js';

export const consoleTexts = {
  title: 'Console',
  lead: (provider: string, label: string) =>
    `Call ${provider}’s API as ${label}. Access is renewed and added here; it is never shown.`,
  billed: 'Calls may cost money.',
  docs: 'The provider’s documentation',
  call: 'Call',
  method: 'Method',
  base: 'Address',
  path: 'Path',
  pathHint: 'Begins with a slash; values in a query are percent-encoded.',
  headers: 'Header fields',
  headersHint: 'One on a line, such as: Accept-Language: de',
  body: 'Body',
  bodyHint: 'For POST, PUT, PATCH and DELETE: JSON, a form or text.',
  send: 'Send',
  more: 'Header fields and body',
  suggestions: 'Worth trying',
  suggestionsHint: 'Fills in the form; nothing is sent yet.',
  profile: 'Whose account it is',
  moreProfile: 'More about the account',
  notOffered: 'This site does not offer the provider any more, so nothing can be called.',
  answer: 'Answer',
  took: (ms: number) => `in ${ms} ms`,
  answerHeaders: 'Header fields of the answer',
  redirect: {
    same: 'It redirects to another address of the same service, which was not followed.',
    other: 'It redirects to another site, which was not followed.',
  },
  noBody: 'The answer has no body.',
  binary: (bytes: number, type: string) => `${bytes} bytes of ${type || 'an unknown type'}, not shown.`,
  size: (bytes: number) => `${bytes} bytes`,
  cut: 'Only the beginning is shown.',
  noAnswer: 'There is no answer',
  request: 'What was sent',
  requestHint: 'Secrets are shown as [redacted].',
  signature: 'How this was signed',
  signatureHint: 'The steps of OAuth 1.0a (RFC 5849 section 3.4), with the secrets masked.',
  steps: {
    method: 'Method',
    baseUri: 'Base string URI',
    parameters: 'Parameters',
    baseString: 'Base string',
    signatureMethod: 'Signature method',
    key: 'Key',
    signature: 'Signature',
    note: 'Note',
  },
} as const;

/** Why nothing was sent. */
export function consoleProblemText(problem: ConsoleProblem): string {
  switch (problem.code) {
    case 'base':
      return 'Choose one of the addresses of this provider.';
    case 'path':
      return 'A path begins with one slash. Other hosts cannot be called with this connection.';
    case 'path_form':
      return 'The path is not in its final form: percent-encode spaces and the like, and leave out dot segments, backslashes and fragments.';
    case 'path_leaves':
      return 'The path could lead out of the address that was chosen.';
    case 'query_reserved':
    case 'body_credentials':
      return 'Access tokens and OAuth parameters are added here; they cannot be given.';
    case 'too_long':
      return 'The path is too long.';
    case 'method':
      return 'This method cannot be sent.';
    case 'header_line':
      return `This is not a header field: ${problem.about}`;
    case 'header_refused':
      return `The header field ${problem.about} cannot be set here.`;
    case 'header_value':
      return `The value of ${problem.about} cannot be sent.`;
    case 'headers_many':
      return `Not more than ${problem.about} header fields can be sent.`;
    case 'body_not_sent':
      return 'GET and HEAD have no body.';
    case 'body_long':
      return 'The body is too long.';
  }
}
