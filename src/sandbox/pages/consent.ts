/** The page on which the person agrees or not: one form that carries the whole request, so the sandbox remembers nothing. */
import type { Answer } from '../answer.js';
import { addressOf, type Endpoint } from '../endpoints.js';
import type { Person } from '../people.js';
import { escapeHtml, hiddenInputs, page } from './layout.js';

export interface ConsentDetails {
  readonly providerName: string;
  readonly clientId: string;
  /** Where the answer goes. */
  readonly returnsTo: string;
  readonly person: Person;
  readonly scopes: readonly string[];
  readonly endpoint: Endpoint;
  readonly fields: Iterable<readonly [string, string]>;
}

export function consentPage(details: ConsentDetails): Answer {
  const { providerName, clientId, returnsTo, person, scopes, endpoint } = details;
  const action = addressOf(endpoint);
  // A request that brings a decision of its own must not get ahead of the buttons.
  const fields = [...details.fields].filter(([name]) => name !== 'decision');
  const asked =
    scopes.length === 0
      ? '<p>This provider knows no scopes: the app may do what its registration allows.</p>'
      : `<ul>\n${scopes.map((scope) => `<li><code>${escapeHtml(scope)}</code></li>`).join('\n')}\n</ul>`;
  return page({
    title: `Allow access to ${providerName}? (sandbox)`,
    body: `<h1>Allow <code>${escapeHtml(clientId)}</code> to use your ${escapeHtml(providerName)} account?</h1>
<dl>
<dt>Account</dt><dd>${escapeHtml(person.name)} (${escapeHtml(person.username)})</dd>
<dt>Account id</dt><dd><code>${escapeHtml(person.subject)}</code></dd>
${person.email === undefined ? '' : `<dt>E-mail</dt><dd>${escapeHtml(person.email)}</dd>\n`}<dt>Returns to</dt><dd><code>${escapeHtml(returnsTo)}</code></dd>
</dl>
<h2>The app asks for</h2>
${asked}
<form method="post" action="${escapeHtml(action)}">
${hiddenInputs(fields)}
<p class="buttons">
<button class="main" name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</p>
</form>`,
  });
}
