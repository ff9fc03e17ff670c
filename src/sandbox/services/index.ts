/** Which service file speaks for which host, and so for which definition. */
import type { ProviderDefinition } from '../../providers/index.js';
import { fitbit } from './fitbit.js';
import { generic } from './generic.js';
import { github } from './github.js';
import { google } from './google.js';
import { googleHealth } from './google-health.js';
import type { Service } from './service.js';
import { tumblr } from './tumblr.js';
import { x } from './x.js';

const services: readonly Service[] = [x, fitbit, googleHealth, google, github, tumblr];

/** The service behind a real host; a generic one for hosts nobody wrote a file for. */
export function serviceAt(host: string): Service {
  return services.find((service) => service.hosts.includes(host)) ?? generic;
}

/** The service whose accounts a definition is about. */
export function serviceOf(definition: ProviderDefinition): Service {
  return serviceAt(hostOf(definition.profile.url ?? definition.issuer ?? definition.token?.url));
}

/** The service that hands out a definition's tokens, which may be another one than holds the data. */
export function tokenServiceOf(definition: ProviderDefinition): Service {
  return serviceAt(hostOf(definition.token?.url ?? definition.oauth1?.accessToken ?? definition.issuer));
}

function hostOf(url: string | undefined): string {
  return url === undefined ? '' : new URL(url).host;
}
