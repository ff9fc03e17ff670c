/** The definitions that ship with Latchkey, in the order in which people see them. */
import type { ProviderDefinition } from '../definition.js';
import { fitbit } from './fitbit.js';
import { fitbitOAuth1 } from './fitbit-oauth1.js';
import { github } from './github.js';
import { google } from './google.js';
import { googleHealth } from './google-health.js';
import { twitter } from './twitter.js';
import { x } from './x.js';

export const builtInDefinitions: readonly ProviderDefinition[] = [
  twitter,
  google,
  github,
  x,
  googleHealth,
  fitbit,
  fitbitOAuth1,
];
