/** The way to the providers: whether their addresses answer, and whether the clocks agree, as signatures and ID tokens need. */
import { type HttpClient, HttpError } from '../../http/index.js';
import type { Catalogue, Provider } from '../../providers/index.js';
import type { CommandLine } from '../command-line.js';
import { isSandbox } from '../ensure-sandbox.js';
import { type Finding, failure, ok, warning } from './finding.js';

const DEADLINE_MS = 8_000;
const AT_ONCE = 6;
/** Date headers are of whole seconds, and an answer takes its time. */
const TOLERATED_SECONDS = 5;
/** What OAuth 1 providers usually allow. */
const OAUTH1_WINDOW_SECONDS = 300;

interface Answer {
  readonly origin: string;
  readonly trouble: string | undefined;
  /** Ahead of us, in seconds; undefined when the answer has no usable date. */
  readonly skewSeconds: number | undefined;
}

export async function network(cli: CommandLine, catalogue: Catalogue, http: HttpClient): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (catalogue.sandboxOrigin) findings.push(await sandbox(cli, catalogue.sandboxOrigin));
  const real = catalogue.all.filter((provider) => !provider.sandbox);
  const users = new Map<string, string[]>();
  for (const provider of real) {
    for (const origin of originsOf(provider)) users.set(origin, [...(users.get(origin) ?? []), provider.id]);
  }
  const answers = await inTurns([...users.keys()], (origin) => ask(http, origin, cli.now));
  for (const { origin, trouble } of answers) {
    const who = (users.get(origin) ?? []).join(', ');
    if (trouble === undefined) findings.push(ok('network', `${origin} answers (${who}).`));
    else
      findings.push(
        failure('network', `${trouble} (${who}).`, 'Check name resolution, proxy and firewall of this machine.'),
      );
  }
  return [...findings, ...clock(answers)];
}

async function sandbox(cli: CommandLine, origin: string): Promise<Finding> {
  if (await isSandbox(origin)) return ok('sandbox', `It answers at ${origin}.`);
  if (cli.installation.config.sandbox.kind === 'own')
    return ok('sandbox', `It is started at ${origin} whenever it is needed.`);
  return failure(
    'sandbox',
    `The sandbox of SANDBOX_URL does not answer at ${origin}.`,
    'Start it there with: latchkey sandbox',
  );
}

function originsOf({ definition, apiOrigins }: Provider): readonly string[] {
  const { authorize, token, oauth1, issuer } = definition;
  const urls = [authorize?.url, token?.url, oauth1?.requestToken, issuer];
  const origins = urls.flatMap((url) => (url !== undefined && URL.canParse(url) ? [new URL(url).origin] : []));
  return [...new Set([...origins, ...apiOrigins])];
}

/** Any answer will do: what is asked for is nobody's data. */
async function ask(http: HttpClient, origin: string, now: () => number): Promise<Answer> {
  try {
    const response = await http.fetch({ deadlineMs: DEADLINE_MS })(`${origin}/`, { method: 'HEAD' });
    const date = Date.parse(response.headers.get('date') ?? '');
    return {
      origin,
      trouble: undefined,
      skewSeconds: Number.isNaN(date) ? undefined : Math.round((date - now()) / 1000),
    };
  } catch (error) {
    return { origin, trouble: error instanceof HttpError ? error.message : 'it broke off', skewSeconds: undefined };
  }
}

/** The middle of what they say: one server with a wrong clock is no news about ours. */
function clock(answers: readonly Answer[]): Finding[] {
  const skews = answers
    .flatMap(({ skewSeconds }) => (skewSeconds === undefined ? [] : [skewSeconds]))
    .sort((a, b) => a - b);
  const middle = skews[Math.floor(skews.length / 2)];
  if (middle === undefined) return [];
  const off = Math.abs(middle);
  if (off <= TOLERATED_SECONDS) return [ok('clock', 'It agrees with the providers’.')];
  const message = `This machine’s clock is ${off} seconds ${middle > 0 ? 'behind' : 'ahead'}.`;
  const advice = 'Let it be set from the network (NTP).';
  return [off > OAUTH1_WINDOW_SECONDS ? failure('clock', message, advice) : warning('clock', message, advice)];
}

async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}
