/** What somebody sees who opens the sandbox itself: whom it stands for, and where its controls are. */
import type { ProviderDefinition } from '../../providers/index.js';
import type { Answer } from '../answer.js';
import { clientIdOf } from '../clients.js';
import { escapeHtml, page } from './layout.js';

export function homePage(definitions: readonly ProviderDefinition[]): Answer {
  const protocols = { oauth1: 'OAuth 1.0a', oauth2: 'OAuth 2', oidc: 'OpenID Connect' } as const;
  const rows = definitions.map(
    (definition) =>
      `<tr><td>${escapeHtml(definition.name)}</td><td>${protocols[definition.protocol]}</td><td><code>${escapeHtml(clientIdOf(definition))}</code></td></tr>`,
  );
  return page({
    title: 'Latchkey sandbox',
    body: `<h1>Latchkey sandbox</h1>
<p>This server stands in for the providers below. Each address <code>https://host/path</code> of theirs answers here at
<code>/host/path</code>, with sample accounts and sample data.</p>
<table>
<thead><tr><th scope="col">Provider</th><th scope="col">Protocol</th><th scope="col">Client id</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
<h2>Controls</h2>
<p>Programs on this machine choose who consents, what goes wrong and what was called at <code>/_control</code>. The client
secret is <code>sandbox-secret</code> everywhere.</p>`,
  });
}
