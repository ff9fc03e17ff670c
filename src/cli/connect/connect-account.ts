/** One attempt to connect an account from a terminal, by the best way there is, from the invitation to the stored connection. */
import type { Grant } from '../../connections/index.js';
import {
  acceptCallback,
  beginDeviceFlow,
  beginFlow,
  type DeviceFlow,
  type FlowRefusalCode,
  FlowRefused,
} from '../../flows/index.js';
import { bindProvider, type Provider } from '../../providers/index.js';
import type { CommandLine } from '../command-line.js';
import { CliFailure } from '../failure.js';
import type { OpenInstallation } from '../open-installation.js';
import { type Arrivals, byHand, fromListener } from './arrivals.js';
import { hasBrowser, openInBrowser } from './browser.js';
import { memoryJar } from './flow-jar.js';
import { type KeptGrant, keepGrant } from './keep-grant.js';
import { listenOnLoopback } from './loopback.js';
import { patience, TimedOut } from './patience.js';
import { showAddress } from './show-address.js';
import { flowFailure } from './words.js';

/**
 * `device`: a code typed on any device (RFC 8628). `loopback`: the browser comes back to this machine (RFC 8252). `manual`: the person brings a
 * number (OAuth 1, out of band) or the address they ended up at.
 */
export type Way = 'device' | 'loopback' | 'manual';

export interface Attempt {
  readonly provider: Provider;
  readonly userId: string;
  /** Undefined: the best one. */
  readonly way?: Way | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly instance?: string | undefined;
  /** Whether a browser may be opened. */
  readonly browser: boolean;
  /** Of the loopback listener; 0 for any. */
  readonly port: number;
  readonly timeoutMs: number;
  /** Goes to the provider's page instead of a person. */
  readonly visit?: (url: string) => Promise<void>;
}

export interface ConnectedAccount extends KeptGrant {
  readonly grant: Grant;
}

/** @throws CliFailure saying why there is no connection, Cancelled */
export async function connectAccount(
  cli: CommandLine,
  open: OpenInstallation,
  attempt: Attempt,
): Promise<ConnectedAccount> {
  const waiting = patience(cli.signal, attempt.timeoutMs);
  const context: Context = { cli, open, attempt, signal: waiting.signal };
  try {
    const way = attempt.way ?? bestWay(cli, attempt);
    const byDevice = way === 'device' ? await connectByDevice(context) : undefined;
    return byDevice ?? (await connectByCallback(context, way === 'manual'));
  } catch (error) {
    throw inWords(error, attempt);
  } finally {
    waiting.end();
  }
}

interface Context {
  readonly cli: CommandLine;
  readonly open: OpenInstallation;
  readonly attempt: Attempt;
  readonly signal: AbortSignal;
}

/** RFC 8628 is not meant for machines that have a browser; without one, it beats everything that has to be copied by hand. */
function bestWay(cli: CommandLine, { provider, browser }: Attempt): Way {
  if (browser && hasBrowser(cli.environment)) return 'loopback';
  if (provider.definition.protocol !== 'oauth1') return 'device';
  return cli.terminal.interactive && !cli.json ? 'manual' : 'loopback';
}

/** @returns undefined when the provider has no such way and another one may be taken */
async function connectByDevice({ cli, open, attempt, signal }: Context): Promise<ConnectedAccount | undefined> {
  const { provider, scopes, instance, way } = attempt;
  const options = { ...open.connections, now: cli.now };
  const bound = bindProvider(provider, instance === undefined ? undefined : { instance });
  const flow = await beginDeviceFlow(options, { provider: bound, scopes }, signal).catch((error: unknown) => {
    // Many clients are registered for one way only; without --device that is no reason to give up.
    if (way === 'device' || !(error instanceof FlowRefused) || isTrouble(error.code)) throw error;
    return undefined;
  });
  if (!flow) {
    if (way !== 'device') return undefined;
    throw new CliFailure(
      'device_unsupported',
      `${provider.name} has no sign-in by device code.`,
      'Leave out --device.',
    );
  }
  const { terminal } = cli;
  if (attempt.visit) return await deviceGrant(open, attempt, flow, signal);
  terminal.say(`Open this page on any device and enter the code ${terminal.paintWords('bold', flow.userCode)}`);
  showAddress(terminal, flow.verificationUriComplete ?? flow.verificationUri, { qr: true });
  await invite(cli, attempt, flow.verificationUriComplete ?? flow.verificationUri);
  terminal.say('Waiting for you there. Ctrl-C cancels.');
  return await deviceGrant(open, attempt, flow, signal);
}

async function deviceGrant(open: OpenInstallation, { userId }: Attempt, flow: DeviceFlow, signal: AbortSignal) {
  const grant = await flow.grant(signal);
  return { grant, ...(await keepGrant(open, grant, userId, '')) };
}

function isTrouble(code: FlowRefusalCode): boolean {
  return ['provider_unreachable', 'provider_failing', 'provider_busy', 'provider_timeout'].includes(code);
}

async function connectByCallback(context: Context, manual: boolean): Promise<ConnectedAccount> {
  const { cli, open, attempt, signal } = context;
  const { provider } = attempt;
  const path = `/auth/${provider.id}/callback`;
  if (manual) {
    const outOfBand = provider.definition.protocol === 'oauth1';
    const callbackUrl = outOfBand ? 'oob' : `${open.config.baseUrl}${path}`;
    const flow = await begin(context, callbackUrl);
    const oauthToken = outOfBand ? (new URL(flow.url).searchParams.get('oauth_token') ?? '') : undefined;
    await offer(context, flow.url);
    return await finish(context, flow, byHand(cli.terminal, oauthToken), signal);
  }
  const listener = await listenOnLoopback(path, attempt.port);
  try {
    const flow = await begin(context, listener.redirectUri);
    await offer(context, flow.url);
    const paste = cli.terminal.interactive && !cli.json && !attempt.visit;
    if (!paste && !attempt.visit) cli.terminal.say('Waiting for you there. Ctrl-C cancels.');
    return await finish(context, flow, fromListener(listener, cli.terminal, paste), signal);
  } finally {
    await listener.close();
  }
}

interface BegunFlow {
  readonly url: string;
  readonly callbackUrl: string;
  readonly jar: ReturnType<typeof memoryJar>;
}

async function begin({ cli, open, attempt }: Context, callbackUrl: string): Promise<BegunFlow> {
  const { provider, userId, scopes, instance } = attempt;
  const jar = memoryJar();
  const url = await beginFlow(
    { sessions: open.connections.sessions, vault: open.vault, now: cli.now },
    { provider, intent: 'connect', userId, returnTo: undefined, instance, callbackUrl, ...(scopes ? { scopes } : {}) },
    jar,
  );
  return { url, callbackUrl, jar };
}

async function offer({ cli, attempt }: Context, url: string): Promise<void> {
  const { terminal } = cli;
  const opened = await invite(cli, attempt, url);
  if (attempt.visit) return;
  terminal.say(opened ? `${attempt.provider.name} opens in your browser. If it does not:` : `Open this page to agree:`);
  showAddress(terminal, url, { qr: !opened });
}

async function invite(cli: CommandLine, { browser, visit }: Attempt, url: string): Promise<boolean> {
  // Not waited for: it comes back to us before it ends.
  visit?.(url).catch(() => undefined);
  return browser && (await openInBrowser(url, cli.environment));
}

/** Answers that belong to no attempt of ours spend nothing, so the right one may still come. */
const FOREIGN: ReadonlySet<FlowRefusalCode> = new Set(['flow_unknown', 'callback_malformed', 'provider_mismatch']);

async function finish(
  { cli, open, attempt }: Context,
  { callbackUrl, jar }: BegunFlow,
  arrivals: Arrivals,
  signal: AbortSignal,
): Promise<ConnectedAccount> {
  const { provider, userId, scopes } = attempt;
  const { connections, vault, prisma } = open;
  const options = { sessions: connections.sessions, events: connections.events, vault, prisma, now: cli.now };
  for (;;) {
    const { parameters, answer } = await arrivals.next(signal);
    try {
      const callback = { provider, parameters, callbackUrl, jar, signedInAs: userId };
      const accepted = await acceptCallback(options, callback);
      await accepted.exchange();
      const grant = { ...(await accepted.grant()), ...(scopes ? { asked: scopes } : {}) };
      const kept = await keepGrant(open, grant, userId, accepted.hash);
      answer({
        status: 200,
        title: `${provider.name} is connected`,
        text: 'You can close this tab and go back to the terminal.',
      });
      return { grant, ...kept };
    } catch (error) {
      const failure = inWords(error, attempt);
      const status = failure instanceof CliFailure && failure.code === 'denied' ? 200 : 400;
      const text = failure instanceof Error ? failure.message : 'The terminal says more.';
      answer({ status, title: `${provider.name} is not connected`, text });
      if (!(arrivals.mayRepeat && error instanceof FlowRefused && FOREIGN.has(error.code))) throw failure;
      cli.terminal.say(`${text} Still waiting for the right one.`);
    }
  }
}

function inWords(error: unknown, { provider, timeoutMs }: Attempt): unknown {
  if (error instanceof FlowRefused) return flowFailure(error.code, provider.name, error);
  if (!(error instanceof TimedOut)) return error;
  const limit = timeoutMs >= 60_000 ? `${Math.round(timeoutMs / 60_000)} minutes` : `${timeoutMs / 1000} seconds`;
  return new CliFailure(
    'timed_out',
    `Nobody came back from ${provider.name} within ${limit}. Nothing was connected.`,
    `Start again with: latchkey connect ${provider.id}`,
    { cause: error },
  );
}
