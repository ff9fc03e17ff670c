/** Words that every page has. */
export const everyPageTexts = {
  skip: 'Skip to the page',
  sandboxLabel: 'Sandbox',
  sandbox: 'Sandbox: no real account is involved',
  sandboxSetUp: 'Set-up',
  menu: 'Account',
  connections: 'Connections',
  yourAccount: 'Your account',
  signOut: 'Sign out',
  openPageOf: (provider: string) => `Open ${provider}’s page`,
  firstPage: 'To the first page',
  tryAgain: (provider: string) => `Try ${provider} again`,
  report: 'If you report this, please name',
  timeline: 'See what happened, step by step',
  reconnect: 'Reconnect',
  sandboxTag: 'sandbox',
} as const;
