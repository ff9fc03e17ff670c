/** The definitions that ship with Latchkey, in the order in which people see them: the well-trodden first, then by kind. */
import type { ProviderDefinition } from '../definition.js';
import { apple } from './apple.js';
import { bitbucket } from './bitbucket.js';
import { bitbucketOAuth1 } from './bitbucket-oauth1.js';
import { discogs } from './discogs.js';
import { discord } from './discord.js';
import { dropbox } from './dropbox.js';
import { etsy } from './etsy.js';
import { facebook } from './facebook.js';
import { fitbit } from './fitbit.js';
import { fitbitOAuth1 } from './fitbit-oauth1.js';
import { flickr } from './flickr.js';
import { foursquare } from './foursquare.js';
import { garmin } from './garmin.js';
import { garminOAuth1 } from './garmin-oauth1.js';
import { github } from './github.js';
import { gitlab } from './gitlab.js';
import { google } from './google.js';
import { googleHealth } from './google-health.js';
import { hubspot } from './hubspot.js';
import { imgur } from './imgur.js';
import { imgurOAuth1 } from './imgur-oauth1.js';
import { linkedin } from './linkedin.js';
import { mastodon } from './mastodon.js';
import { microsoft } from './microsoft.js';
import { notion } from './notion.js';
import { oura } from './oura.js';
import { polar } from './polar.js';
import { quickbooks } from './quickbooks.js';
import { reddit } from './reddit.js';
import { salesforce } from './salesforce.js';
import { shopify } from './shopify.js';
import { slack } from './slack.js';
import { slackOidc } from './slack-oidc.js';
import { smugmug } from './smugmug.js';
import { spotify } from './spotify.js';
import { strava } from './strava.js';
import { trello } from './trello.js';
import { trelloOAuth2 } from './trello-oauth2.js';
import { tumblr } from './tumblr.js';
import { tumblrOAuth2 } from './tumblr-oauth2.js';
import { twitch } from './twitch.js';
import { twitter } from './twitter.js';
import { whoop } from './whoop.js';
import { wikimedia } from './wikimedia.js';
import { wikimediaOAuth1 } from './wikimedia-oauth1.js';
import { withings } from './withings.js';
import { x } from './x.js';
import { xero } from './xero.js';
import { zoom } from './zoom.js';
import { zotero } from './zotero.js';

export const builtInDefinitions: readonly ProviderDefinition[] = [
  twitter,
  google,
  github,
  x,
  googleHealth,
  fitbit,
  fitbitOAuth1,
  microsoft,
  apple,
  facebook,
  linkedin,
  slack,
  slackOidc,
  discord,
  gitlab,
  bitbucket,
  bitbucketOAuth1,
  twitch,
  mastodon,
  reddit,
  tumblrOAuth2,
  tumblr,
  foursquare,
  strava,
  garmin,
  garminOAuth1,
  withings,
  oura,
  whoop,
  polar,
  spotify,
  flickr,
  smugmug,
  discogs,
  imgur,
  imgurOAuth1,
  wikimedia,
  wikimediaOAuth1,
  zotero,
  notion,
  dropbox,
  trello,
  trelloOAuth2,
  zoom,
  hubspot,
  salesforce,
  quickbooks,
  xero,
  shopify,
  etsy,
];
