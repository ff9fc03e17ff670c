/** What is wrong with a field of a definition, as one reads it in a log or a terminal. Never with the value, which may be a secret in the wrong place. */
import type { z } from 'zod';

type Issue = Parameters<z.core.$ZodErrorMap>[0];

const MISSING = 'is missing';

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
};

/** For `safeParse`; undefined leaves the schema's own sentence. */
export function complaintAbout(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? MISSING : `must be ${kind(issue.expected)}`;
    case 'invalid_value':
      return issue.input === undefined ? MISSING : `must be ${listed(issue.values, 'or')}`;
    case 'invalid_union':
      return issue.input === undefined ? MISSING : kindsOf(issue.errors);
    case 'unrecognized_keys':
      return `holds ${listed(issue.keys, 'and')}, which ${issue.keys.length === 1 ? 'is no field' : 'are no fields'} of it`;
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return `must ${limited(issue.origin, `at most ${issue.maximum}`)}`;
    case 'invalid_format':
      return issue.format === 'date' ? 'must be a date such as 2026-11-02' : 'does not have the form of this field';
    case 'invalid_key':
      return 'has a name that cannot be one';
    default:
      return undefined;
  }
}

function tooSmall({ origin, minimum, inclusive }: Extract<Issue, { code: 'too_small' }>): string {
  if (inclusive === false) return `must ${limited(origin, `more than ${minimum}`)}`;
  const mayNotBeEmpty = (origin === 'string' || origin === 'array') && Number(minimum) === 1;
  return mayNotBeEmpty ? 'must not be empty' : `must ${limited(origin, `at least ${minimum}`)}`;
}

/** @param limit `at most 60` */
function limited(origin: string, limit: string): string {
  if (origin === 'string') return `have ${limit} characters`;
  return origin === 'array' ? `have ${limit} entries` : `be ${limit}`;
}

function kind(expected: string): string {
  return KINDS[expected] ?? expected;
}

function kindsOf(alternatives: readonly (readonly { readonly code: string }[])[]): string {
  const expected = alternatives.flatMap(([first]) =>
    first?.code === 'invalid_type' && 'expected' in first ? [kind(String(first.expected))] : [],
  );
  return expected.length === alternatives.length
    ? `must be ${[...new Set(expected)].join(' or ')}`
    : 'has none of the forms that this field may have';
}

function listed(values: readonly unknown[], last: 'and' | 'or'): string {
  const quoted = values.map((value) => JSON.stringify(value));
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} ${last} ${quoted.at(-1)}`;
}
