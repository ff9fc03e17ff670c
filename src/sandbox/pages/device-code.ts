/** Where somebody types the code that another device shows (RFC 8628 section 3.3). */
import type { Answer } from '../answer.js';
import { escapeHtml, page } from './layout.js';

/** @param complaint about the code that was typed before */
export function deviceCodePage(action: string, complaint?: string): Answer {
  return page({
    status: complaint === undefined ? 200 : 400,
    title: 'Enter the code (sandbox)',
    body: `<h1>Enter the code that your device shows</h1>
${complaint === undefined ? '' : `<p>${escapeHtml(complaint)}</p>\n`}<form method="get" action="${escapeHtml(action)}">
<p><label>Code <input name="user_code" autocomplete="off" autocapitalize="characters" required></label></p>
<p class="buttons"><button class="main">Continue</button></p>
</form>`,
  });
}
