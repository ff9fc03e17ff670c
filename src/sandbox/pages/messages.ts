/** Pages that only tell something: a request that goes nowhere, and a code to carry over by hand. */
import type { Answer } from '../answer.js';
import { escapeHtml, page } from './layout.js';

/** The request cannot be trusted, so nobody is redirected (RFC 6749 section 4.1.2.1). */
export function errorPage(message: string, status = 400): Answer {
  return page({
    status,
    title: 'This request cannot be used (sandbox)',
    body: `<h1>This request cannot be used</h1>\n<p>${escapeHtml(message)}</p>
<p class="quiet">Go back to the app and start again.</p>`,
  });
}

/** Nothing more to do here. */
export function messagePage(heading: string, text: string): Answer {
  return page({
    title: `${heading} (sandbox)`,
    body: `<h1>${escapeHtml(heading)}</h1>\n<p>${escapeHtml(text)}</p>`,
  });
}

/** Shows what the app would have received, for callers without an address (RFC 5849 section 2.1, "oob"). */
export function outOfBandPage(providerName: string, code: string | undefined): Answer {
  if (code === undefined) {
    return page({
      title: 'Access denied (sandbox)',
      body: `<h1>Access denied</h1>\n<p>The app was not connected to ${escapeHtml(providerName)}. You can close this page.</p>`,
    });
  }
  return page({
    title: 'Your code (sandbox)',
    body: `<h1>Enter this code in the app</h1>\n<p class="pin"><code>${escapeHtml(code)}</code></p>
<p class="quiet">It connects the app to ${escapeHtml(providerName)} and works once.</p>`,
  });
}
