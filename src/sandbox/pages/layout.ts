/** The frame of the sandbox's pages: plain HTML, one style sheet named by its hash, nothing else allowed to load or run. */
import { createHash } from 'node:crypto';
import type { Answer } from '../answer.js';
import { styleSheet } from './style.js';

const styleHash = `'sha256-${createHash('sha256').update(styleSheet).digest('base64')}'`;

/** Where a form, or a redirect after it, may lead: the sandbox itself and apps on this machine, on any port. */
const formTargets = "'self' http://localhost:* http://127.0.0.1:* https://localhost:* https://127.0.0.1:*";

export interface PageOptions {
  readonly status?: number;
  readonly title: string;
  /** HTML; whoever passes text in it has escaped it. */
  readonly body: string;
  /** The one script a page may carry. */
  readonly script?: string;
}

export function page({ status = 200, title, body, script }: PageOptions): Answer {
  const scriptSource =
    script === undefined ? '' : `; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${styleSheet}</style>
</head>
<body>
<main>
<p class="notice">Sandbox: no real account is involved.</p>
${body}
</main>${script === undefined ? '' : `\n<script>${script}</script>`}
</body>
</html>
`;
  return {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': `default-src 'none'; style-src ${styleHash}${scriptSource}; form-action ${formTargets}; base-uri 'none'; frame-ancestors 'none'`,
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
    },
    body: html,
  };
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

export function hiddenInputs(fields: Iterable<readonly [string, string]>): string {
  return [...fields]
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('\n');
}
