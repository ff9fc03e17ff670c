/**
 * Which account an answer is about. A subject is the provider's stable id exactly as told; where an id is unique within a team, a company or a host
 * only, that comes first, so that two accounts never share a subject.
 */
import { valueAt } from '../oauth2/index.js';
import type { ProviderDefinition } from '../providers/index.js';

/** What is known of an account besides the answer of the profile call. */
export interface BesideTheAnswer {
  /** Fields beside the token; paths that begin with `@token.` lead here. */
  readonly token?: Readonly<Record<string, unknown>> | undefined;
  /** Kept parameters of the callback; `@callback.`. */
  readonly callback?: Readonly<Record<string, string>> | undefined;
  /** The host that the person named. */
  readonly instance?: string | undefined;
}

/** The profile names no usable account id, so it cannot say who this is. */
export class SubjectMissing extends Error {
  readonly code = 'subject_missing';

  constructor() {
    super('The provider did not say which account this is.');
    this.name = 'SubjectMissing';
  }
}

const SUBJECT_LENGTH = 255;

/**
 * @param answer parsed so that integers beyond 2^53 are strings
 * @throws SubjectMissing for 0, empty, null, objects, booleans and anything over 255 characters
 */
export function subjectOf(definition: ProviderDefinition, answer: unknown, beside: BesideTheAnswer = {}): string {
  const paths = [definition.profile.subject].flat();
  const parts = paths.map((path) => idAt(answer, path, beside));
  const joined = parts.length === 1 ? (parts[0] ?? '') : parts.map(asPart).join(':');
  const subject = beside.instance === undefined ? joined : `${beside.instance}/${joined}`;
  if (subject.length > SUBJECT_LENGTH) throw new SubjectMissing();
  return subject;
}

/**
 * Whether an answer is about the account with this subject. Parts that only the token response or the callback told are taken as they were.
 */
export function isAbout(definition: ProviderDefinition, answer: unknown, subject: string): boolean {
  const local = definition.instance ? subject.slice(subject.indexOf('/') + 1) : subject;
  const paths = [definition.profile.subject].flat();
  const known = paths.length === 1 ? [local] : local.split(':');
  try {
    return (
      known.length === paths.length &&
      paths.every((path, index) => {
        if (path.startsWith('@')) return true;
        const id = idAt(answer, path, {});
        return (paths.length === 1 ? id : asPart(id)) === known[index];
      })
    );
  } catch (error) {
    if (error instanceof SubjectMissing) return false;
    throw error;
  }
}

/** The account id that this person had at an earlier generation of the service, where the answer tells it. */
export function earlierSubjectOf(
  definition: ProviderDefinition,
  answer: unknown,
  beside: BesideTheAnswer = {},
): { readonly namespace: string; readonly subject: string } | undefined {
  const { earlier } = definition.profile;
  if (!earlier) return undefined;
  try {
    return { namespace: earlier.namespace, subject: idAt(answer, earlier.path, beside) };
  } catch (error) {
    if (error instanceof SubjectMissing) return undefined;
    throw error;
  }
}

/** The value at an account path, wherever that leads. */
export function factAt(answer: unknown, path: string, beside: BesideTheAnswer): unknown {
  if (path.startsWith('@token.')) return valueAt(beside.token, path.slice('@token.'.length));
  if (path.startsWith('@callback.')) return valueAt(beside.callback, path.slice('@callback.'.length));
  return valueAt(answer, path);
}

function idAt(answer: unknown, path: string, beside: BesideTheAnswer): string {
  const value = factAt(answer, path, beside);
  const id = typeof value === 'number' && Number.isSafeInteger(value) && value !== 0 ? String(value) : value;
  if (typeof id !== 'string' || id === '' || id === '0') throw new SubjectMissing();
  if (id.length > SUBJECT_LENGTH || !isStorable(id)) throw new SubjectMissing();
  return id;
}

/** The separator stays unambiguous. */
function asPart(id: string): string {
  return id.replaceAll('%', '%25').replaceAll(':', '%3A');
}

function isStorable(text: string): boolean {
  return !/[\p{Cc}\p{Cs}]/u.test(text);
}
