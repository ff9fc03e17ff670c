/** Words of the page that says what to register where. */
export const setupTexts = {
  title: 'Set-up',
  lead: 'Register this app at a provider, paste the callback URL there, and put the client id and secret into the environment.',
  withoutSandbox: 'A provider without them is switched off.',
  withSandbox: 'A provider without them answers in the sandbox.',
  states: { configured: 'Configured', sandbox: 'Sandbox', off: 'Not configured' },
  callbackUrl: 'Callback URL',
  variables: 'Variables',
  registerAt: 'Register at',
  state: 'State',
} as const;
