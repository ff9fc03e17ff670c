/** The way back for apps that asked for `response_mode=form_post` (OAuth 2.0 Form Post Response Mode, section 2). */
import type { Answer } from '../answer.js';
import { escapeHtml, hiddenInputs, page } from './layout.js';

const submitAtOnce = 'document.forms[0].submit()';

export function formPostPage(redirectUri: string, parameters: Readonly<Record<string, string | undefined>>): Answer {
  const fields = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return page({
    title: 'Returning to the app (sandbox)',
    script: submitAtOnce,
    body: `<h1>Returning to the app</h1>
<form method="post" action="${escapeHtml(redirectUri)}">
${hiddenInputs(fields)}
<p class="buttons"><button class="main">Continue</button></p>
</form>`,
  });
}
