/**
 * What may be shown of a provider's answer. An answer can echo our request (secret, code, refresh token) and a damaged success answer holds
 * fresh tokens, so known secrets are replaced in every encoding they travel in, and the values of structured text are masked altogether.
 */

const EXCERPT_LENGTH = 200;
const MASK = '[redacted]';
/** Shorter values than this are not searched for: they would match ordinary words. */
const SHORTEST_SECRET = 4;

/** Replaces every known secret in a text. */
export type Redactor = (text: string) => string;

/** @param secrets values that must not appear in raw, percent-encoded, JSON-escaped, base64, base64url or hex form */
export function createRedactor(secrets: Iterable<string | undefined>): Redactor {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret === undefined || secret.length < SHORTEST_SECRET) continue;
    const bytes = Buffer.from(secret, 'utf8');
    const forThisSecret = [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ v: secret }).toString().slice(2),
      JSON.stringify(secret).slice(1, -1),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('base64url'),
      bytes.toString('hex'),
    ];
    for (const form of forThisSecret) forms.add(form);
  }
  // Longest first, so that a form which contains another one is replaced as a whole.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((cleaned, form) => cleaned.replaceAll(form, MASK), text);
}

/** One line of at most `length` characters without control, bidirectional or other invisible characters. */
export function safeText(text: string, redact: Redactor, length = EXCERPT_LENGTH): string {
  return redact(text)
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, length);
}

/** The first 200 safe characters of a body, with everything masked that could be a credential. */
export function safeExcerpt(body: string, redact: Redactor): string {
  return safeText(maskValues(redact(body.slice(0, 20 * EXCERPT_LENGTH))), redact);
}

/** An identifier from outside (an error code), reduced to harmless characters. */
export function safeIdentifier(value: string, redact: Redactor): string {
  return safeText(value, redact, 64).replace(/[^\w.:/ [\]-]/g, '');
}

function maskValues(text: string): string {
  const start = text.trimStart()[0];
  if (start === '{' || start === '[') {
    // JSON, possibly cut off or otherwise damaged: names stay readable, string values and numbers do not.
    const strings = /"(?:[^"\\]|\\.)*(?:"|\\?$)(\s*:)?/g;
    const masked = text.replace(strings, (token, colon) => (colon === undefined ? `"${MASK}"` : token));
    return maskRuns(masked.replace(/(:\s*)-?\d[\d.eE+-]*/g, (_number, lead) => `${lead}0`));
  }
  if (/^[^\s<>]*=/.test(text)) return text.replace(/=[^&\s]*/g, `=${MASK}`);
  return maskRuns(text);
}

/** Prose and markup: words stay; long runs, and shorter ones that mix in digits (tokens, ids, hashes), go. */
function maskRuns(text: string): string {
  return text.replace(/[\w+/=.~%-]{8,}/g, (run) => (/\d/.test(run) || run.length >= 20 ? MASK : run));
}
