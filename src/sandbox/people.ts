/**
 * Who consents, and what the services say about each person. A harness chooses people by `POST /_control/user`; until then
 * one default person exists, with an account at every service.
 */
import { z } from 'zod';
import type { ProviderDefinition } from '../providers/index.js';
import { serviceOf } from './services/index.js';
import type { Change, Journal, Table } from './store/journal.js';

export interface Person {
  readonly subject: string;
  readonly username: string;
  readonly name: string;
  /** Left out of every answer when unknown, as is the flag. */
  readonly email?: string;
  /** Shown as it was given: some services send the flag as text. */
  readonly emailVerified?: boolean | 'true' | 'false';
  readonly picture?: string;
}

/** Somebody about to consent at one provider. */
export interface Consenter {
  readonly person: Person;
  /** The same human's account ids at related services, by namespace. */
  readonly elsewhere: Readonly<Record<string, string>>;
}

/** Long and odd texts are welcome: a harness wants to see what the app makes of them. */
const text = z.string().min(1).max(10_000);
/** `null` says the same as leaving the field out. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);

export const userSchema = z.strictObject({
  /** A number must be one that JSON carries exactly; longer ids are given as text. */
  subject: z.union([text, z.int().nonnegative().transform(String)]),
  username: optional(text),
  name: optional(text),
  email: optional(text),
  emailVerified: optional(z.union([z.boolean(), z.enum(['true', 'false'])])),
  picture: optional(text),
  /** Provider id: this person consents there only. */
  provider: optional(text),
});

export type UserChoice = z.infer<typeof userSchema>;

/** What a harness said about somebody. */
type Facts = Pick<UserChoice, 'subject'> & Partial<Omit<UserChoice, 'subject' | 'provider'>>;

interface StoredPerson {
  readonly facts: Facts;
  /** Later descriptions of the same subject win. */
  readonly order: number;
}

interface StoredChoice {
  readonly subject: string;
  readonly order: number;
}

const everywhere = '*';

export class People {
  readonly #journal: Journal;
  readonly #definitions: readonly ProviderDefinition[];
  readonly #people: Table<StoredPerson>;
  readonly #choices: Table<StoredChoice>;

  constructor(journal: Journal, definitions: readonly ProviderDefinition[]) {
    this.#journal = journal;
    this.#definitions = definitions;
    this.#people = journal.table<StoredPerson>('person', () => true);
    this.#choices = journal.table<StoredChoice>('choice', () => true);
  }

  /** Somebody consents from now on: everywhere, or at one provider only. The latest choice wins. */
  choose({ provider, ...facts }: UserChoice): Person {
    const scope = provider ?? everywhere;
    const order = this.#nextOrder();
    const changes: Change[] = [
      this.#people.put(personKey(scope, facts.subject), { facts, order }),
      this.#choices.put(scope, { subject: facts.subject, order }),
    ];
    this.#journal.commit(changes);
    return described(facts);
  }

  /** Who would consent at this provider now. */
  consenting(definition: ProviderDefinition): Consenter {
    const choice = this.#choiceFor(definition.id);
    const subject = choice?.subject ?? defaultSubject(definition);
    const elsewhere = Object.fromEntries(
      serviceOf(definition).related.map((namespace) => [
        namespace,
        this.#relatedSubject(definition, subject, namespace),
      ]),
    );
    return { person: this.find(definition, subject), elsewhere };
  }

  /** What is known of an account today, including changes made after it consented. */
  find(definition: ProviderDefinition, subject: string): Person {
    const here = this.#people.get(personKey(definition.id, subject));
    const anywhere = this.#people.get(personKey(everywhere, subject));
    const newest = here && anywhere ? (here.order > anywhere.order ? here : anywhere) : (here ?? anywhere);
    if (newest) return described(newest.facts);
    return subject === defaultSubject(definition) ? defaultPerson(subject) : described({ subject });
  }

  #choiceFor(providerId: string): StoredChoice | undefined {
    const here = this.#choices.get(providerId);
    const anywhere = this.#choices.get(everywhere);
    if (!here || !anywhere) return here ?? anywhere;
    return here.order > anywhere.order ? here : anywhere;
  }

  /**
   * Somebody's id at a related service: the person chosen for that service alone; else the same id where one person was
   * chosen for all; else the default person's for the default person; else one made up from their id here.
   */
  #relatedSubject(from: ProviderDefinition, subject: string, namespace: string): string {
    const related = this.#definitions.filter((definition) => namespaceOf(definition) === namespace);
    const theirs = related
      .map((definition) => this.#choices.get(definition.id))
      .filter((choice) => choice !== undefined)
      .sort((a, b) => b.order - a.order)[0];
    const global = this.#choices.get(everywhere);
    if (theirs && theirs.order > (global?.order ?? -1)) return theirs.subject;
    const own = this.#choices.get(from.id);
    if (global && global.order > (own?.order ?? -1)) return global.subject;
    const there = related[0];
    if (!there) return subject;
    if (subject === defaultSubject(from)) return defaultSubject(there);
    return serviceOf(there).accountId(`${namespaceOf(from)}:${subject}`);
  }

  #nextOrder(): number {
    let highest = 0;
    for (const [, choice] of this.#choices.entries()) highest = Math.max(highest, choice.order);
    for (const [, person] of this.#people.entries()) highest = Math.max(highest, person.order);
    return highest + 1;
  }
}

function personKey(scope: string, subject: string): string {
  return `${scope}|${subject}`;
}

function namespaceOf(definition: ProviderDefinition): string {
  return definition.namespace ?? definition.id;
}

/** Definitions that share account ids share the person. */
function defaultSubject(definition: ProviderDefinition): string {
  const service = serviceOf(definition);
  return service.defaultAccountId ?? service.accountId(namespaceOf(definition));
}

function defaultPerson(subject: string): Person {
  return {
    subject,
    username: 'robin_sandbox',
    name: 'Robin Sandbox',
    email: 'robin@sandbox.example',
    emailVerified: true,
  };
}

/** Every service shows some name, so one is made up where none was given; an address never is. */
function described(facts: Facts): Person {
  return {
    subject: facts.subject,
    username: facts.username ?? `person-${facts.subject.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 30)}`,
    name: facts.name ?? `Person ${facts.subject}`,
    ...(facts.email === undefined ? {} : { email: facts.email }),
    ...(facts.emailVerified === undefined ? {} : { emailVerified: facts.emailVerified }),
    ...(facts.picture === undefined ? {} : { picture: facts.picture }),
  };
}
