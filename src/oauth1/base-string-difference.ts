/**
 * Compares our base string with the one a provider says it built, and names the likely cause. Providers that print theirs
 * in error messages make OAuth 1 easy to debug, once somebody reads it for you.
 */
import { compareParameters, type EncodedParameter, serializeParameters } from './parameters.js';
import { percentDecode, percentEncode } from './percent-encoding.js';

/** Nobody reads on after so many, and comparing them all would take long. */
const MAX_EXPLAINED = 50;

/** A cause as a stable word and a sentence; `ours` and `theirs` show the spot. */
export interface LikelyCause {
  readonly code:
    | 'same_base_string'
    | 'not_a_base_string'
    | 'method_differs'
    | 'scheme_differs'
    | 'host_differs'
    | 'port_differs'
    | 'path_differs'
    | 'uri_spelled_differently'
    | 'another_request'
    | 'other_credentials'
    | 'signature_included'
    | 'realm_included'
    | 'protocol_parameter_missing'
    | 'duplicates_merged'
    | 'blanks_dropped'
    | 'body_not_counted'
    | 'plus_kept'
    | 'encoded_twice'
    | 'encoded_differently'
    | 'value_differs'
    | 'parameter_missing'
    | 'parameter_added'
    | 'sorted_differently';
  readonly message: string;
  readonly ours?: string;
  readonly theirs?: string;
}

/** Where two base strings part, and why they may. */
export interface BaseStringDifference {
  /** Index of the first character that differs; undefined when none does. */
  readonly at: number | undefined;
  /** Most likely first. Never empty. */
  readonly causes: readonly LikelyCause[];
}

/**
 * @param ours as we signed it
 * @param theirs as the provider printed it; white space around it is ignored
 */
export function compareBaseStrings(ours: string, theirs: string): BaseStringDifference {
  const given = theirs.trim();
  if (given === ours) {
    const message =
      'The base strings are the same: the key differs. Check client secret, token secret and signature method.';
    return { at: undefined, causes: [{ code: 'same_base_string', message }] };
  }
  let at = 0;
  while (ours[at] === given[at]) at++;
  const mine = dissect(ours);
  const other = dissect(given);
  if (mine === undefined || other === undefined) {
    const message = 'This is no base string: it should be three percent-encoded parts joined by "&".';
    return { at, causes: [{ code: 'not_a_base_string', message }] };
  }
  const causes = [
    ...compareMethods(mine, other),
    ...compareUris(mine.uri, other.uri),
    ...compareAllParameters(mine, other),
  ];
  if (causes.length === 0) {
    causes.push({ code: 'encoded_differently', message: 'The same content is percent-encoded in different ways.' });
  }
  return { at, causes };
}

interface Dissected {
  readonly method: string;
  readonly uri: string;
  readonly parameters: readonly EncodedParameter[];
}

function dissect(baseString: string): Dissected | undefined {
  const [method, uri, parameters, ...rest] = baseString.split('&');
  if (!method || !uri || parameters === undefined || rest.length > 0) return undefined;
  const pairs = percentDecode(parameters).split('&').filter(Boolean);
  return {
    method: percentDecode(method),
    uri: percentDecode(uri),
    parameters: pairs.map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return { name, value: value.join('=') };
    }),
  };
}

function compareMethods(ours: Dissected, theirs: Dissected): LikelyCause[] {
  if (ours.method === theirs.method) return [];
  const message =
    'The HTTP methods differ: a redirect, a proxy or a method override changed it, or it was not upper-cased.';
  return [{ code: 'method_differs', message, ours: ours.method, theirs: theirs.method }];
}

function compareUris(ours: string, theirs: string): LikelyCause[] {
  if (ours === theirs) return [];
  if (!URL.canParse(ours) || !URL.canParse(theirs)) {
    return [{ code: 'path_differs', message: 'The base string URIs differ.', ours, theirs }];
  }
  const causes: LikelyCause[] = [];
  const [mine, other] = [new URL(ours), new URL(theirs)];
  const differ = (code: LikelyCause['code'], message: string, one: string, another: string) => {
    if (one !== another) causes.push({ code, message, ours: one, theirs: another });
  };
  differ(
    'scheme_differs',
    'The schemes differ: TLS ends at a proxy, and the provider signs the inner address. The signature must be for the public URL.',
    mine.protocol,
    other.protocol,
  );
  differ(
    'host_differs',
    'The hosts differ: an alias, or a proxy that rewrites the Host header.',
    mine.hostname,
    other.hostname,
  );
  differ('port_differs', 'The ports differ: an inner port of a proxy shows through.', mine.port, other.port);
  differ(
    'path_differs',
    'The paths differ: look for a trailing slash, a prefix that a proxy adds or removes, and re-encoded characters.',
    mine.pathname,
    other.pathname,
  );
  if (causes.length === 0) {
    const message = 'Only the spelling differs: upper-case letters in scheme or host, or a default port that was kept.';
    causes.push({ code: 'uri_spelled_differently', message, ours, theirs });
  }
  return causes;
}

function compareAllParameters(ours: Dissected, theirs: Dissected): LikelyCause[] {
  const missing = subtract(ours.parameters, theirs.parameters);
  const added = subtract(theirs.parameters, ours.parameters);
  if (missing.length === 0 && added.length === 0) {
    const isSorted = theirs.parameters.every(
      (one, index, all) => index === 0 || compareParameters(all[index - 1] ?? one, one) <= 0,
    );
    const message =
      'The parameters are the same but sorted differently: sort after encoding, by name and then by value.';
    return isSorted ? [] : [{ code: 'sorted_differently', message }];
  }
  const causes: LikelyCause[] = [];
  for (const parameter of missing) {
    const twin = added.findIndex((one) => percentDecode(one.name) === percentDecode(parameter.name));
    if (twin < 0) {
      causes.push(explainMissing(parameter, theirs.parameters));
      continue;
    }
    const [other = parameter] = added.splice(twin, 1);
    causes.push(explainChanged(parameter, other));
  }
  causes.push(...added.map(explainAdded));
  return mergeRepeated(causes);
}

/** The parameters of `from` that `others` lacks, counting duplicates. */
function subtract(from: readonly EncodedParameter[], others: readonly EncodedParameter[]): EncodedParameter[] {
  const left = new Map<string, number>();
  const keyOf = (one: EncodedParameter) => serializeParameters([one]);
  for (const other of others) left.set(keyOf(other), (left.get(keyOf(other)) ?? 0) + 1);
  const missing = from.filter((one) => {
    const count = left.get(keyOf(one)) ?? 0;
    left.set(keyOf(one), count - 1);
    return count <= 0;
  });
  return missing.slice(0, MAX_EXPLAINED);
}

function explainMissing(ours: EncodedParameter, theirs: readonly EncodedParameter[]): LikelyCause {
  const { name, value } = ours;
  const spot = { ours: `${name}=${value}` };
  if (name.startsWith('oauth_')) {
    return { code: 'protocol_parameter_missing', message: `The provider did not count ${name}.`, ...spot };
  }
  if (theirs.some((other) => other.name === name)) {
    return { code: 'duplicates_merged', message: `The provider kept only one value of the repeated ${name}.`, ...spot };
  }
  if (value === '')
    return { code: 'blanks_dropped', message: `The provider dropped ${name}, which has no value.`, ...spot };
  const message = `The provider did not count ${name}: was it in a body whose type is not a form there, or lost on the way?`;
  return { code: 'parameter_missing', message, ...spot };
}

function explainAdded(theirs: EncodedParameter): LikelyCause {
  const { name, value } = theirs;
  const spot = { theirs: `${name}=${value}` };
  if (name === 'oauth_signature') {
    return { code: 'signature_included', message: 'The provider counted the signature itself.', ...spot };
  }
  if (name === 'realm') return { code: 'realm_included', message: 'The provider counted the realm.', ...spot };
  const message = `The provider counted ${name}, which was not signed: was it added after signing, or is it in a form body?`;
  return { code: 'parameter_added', message, ...spot };
}

function explainChanged(ours: EncodedParameter, theirs: EncodedParameter): LikelyCause {
  const spot = { ours: `${ours.name}=${ours.value}`, theirs: `${theirs.name}=${theirs.value}` };
  if (ours.name === 'oauth_timestamp' || ours.name === 'oauth_nonce') {
    return {
      code: 'another_request',
      message: 'Timestamp or nonce differ: this base string is of another attempt.',
      ...spot,
    };
  }
  if (ours.name === 'oauth_consumer_key' || ours.name === 'oauth_token') {
    return { code: 'other_credentials', message: `The provider saw another ${ours.name}.`, ...spot };
  }
  const [mine, other] = [percentDecode(ours.value), percentDecode(theirs.value)];
  if (mine === other) {
    const message = `${ours.name} is encoded differently: only A-Z a-z 0-9 - . _ ~ stay as they are, and hex is upper case.`;
    return { code: 'encoded_differently', message, ...spot };
  }
  if (mine.replaceAll(' ', '+') === other || mine.replaceAll('+', ' ') === other) {
    return { code: 'plus_kept', message: `A space and a "+" were taken for each other in ${ours.name}.`, ...spot };
  }
  if (percentEncode(mine) === other || percentDecode(mine) === other) {
    return { code: 'encoded_twice', message: `${ours.name} was encoded or decoded once too often.`, ...spot };
  }
  return {
    code: 'value_differs',
    message: `The value of ${ours.name} differs: it was changed after signing.`,
    ...spot,
  };
}

/** All non-protocol parameters missing at once have one cause, not many. */
function mergeRepeated(causes: readonly LikelyCause[]): LikelyCause[] {
  const missing = causes.filter(({ code }) => code === 'parameter_missing');
  if (missing.length < 2) return [...causes];
  const message =
    'The provider counted none of several parameters: a form body that is not declared or not read as a form.';
  const merged: LikelyCause = { code: 'body_not_counted', message, ours: missing.map(({ ours }) => ours).join('&') };
  return [merged, ...causes.filter(({ code }) => code !== 'parameter_missing')];
}
