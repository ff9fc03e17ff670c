/** Reads single variables of the environment, each checked for its kind; a bad one is refused by a sentence that names it. */
import { readFileSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that the server cannot start with; the message is one sentence that names it, and never its value when secret. */
export class InvalidConfiguration extends Error {
  readonly code = 'invalid_configuration';
  readonly variable: string;

  constructor(variable: string, complaint: string) {
    super(`${variable} ${complaint}`);
    this.name = 'InvalidConfiguration';
    this.variable = variable;
  }
}

export type EnvironmentReader = ReturnType<typeof environmentReader>;

export function environmentReader(environment: Environment) {
  /** The variable, or the content of the file that `<NAME>_FILE` names; blank counts as unset. */
  const text = (name: string): string | undefined => {
    const direct = environment[name]?.trim();
    if (direct) return direct;
    const file = environment[`${name}_FILE`]?.trim();
    if (!file) return undefined;
    const content = contentOf(file);
    if (content === undefined) throw new InvalidConfiguration(`${name}_FILE`, 'names a file that cannot be read.');
    // Taken for unset, an empty secret would be replaced by a generated one without a word.
    if (content === '') throw new InvalidConfiguration(`${name}_FILE`, 'names a file that is empty.');
    return content;
  };
  return {
    text,
    /** Of the variables that are set. */
    names: Object.keys(environment).filter((name) => environment[name]?.trim()),
    port(name: string, fallback: number): number {
      const value = text(name);
      if (value === undefined) return fallback;
      const port = Number(value);
      if (!/^\d{1,5}$/.test(value) || port > 65_535) {
        throw new InvalidConfiguration(name, `must be a port number from 0 to 65535, not "${shown(value)}".`);
      }
      return port;
    },
    wholeNumber(name: string, { fallback, min, max }: { fallback: number; min: number; max: number }): number {
      const value = text(name);
      if (value === undefined) return fallback;
      const number = Number(value);
      if (!/^\d{1,9}$/.test(value) || number < min || number > max) {
        throw new InvalidConfiguration(name, `must be a whole number from ${min} to ${max}, not "${shown(value)}".`);
      }
      return number;
    },
    oneOf<const T extends string>(name: string, values: readonly T[], fallback: T): T {
      const value = text(name);
      if (value === undefined) return fallback;
      const known = values.find((item) => item === value);
      if (!known) throw new InvalidConfiguration(name, `must be one of ${values.join(', ')}, not "${shown(value)}".`);
      return known;
    },
    url(name: string): URL | undefined {
      const value = text(name);
      if (value === undefined) return undefined;
      const url = URL.canParse(value) ? new URL(value) : undefined;
      if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
        throw new InvalidConfiguration(name, 'must be an http(s) URL without credentials, query or fragment.');
      }
      return url;
    },
  };
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** A value as a sentence may quote it: short, and on one line. */
export function shown(text: string): string {
  const value = text.replaceAll(/\p{Cc}/gu, ' ');
  return value.length > 40 ? `${value.slice(0, 40)}…` : value;
}
