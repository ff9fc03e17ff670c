/** Words of the pages around signing in: home, the decision about an unknown account, the proof that it is still you. */
export const signInTexts = {
  headline: 'Your accounts elsewhere, at your service',
  lead: 'Sign in with an account you already have, connect the others you use, and let this app work with them for you.',
  promises: [
    ['No new password', 'You prove who you are where you already have an account.'],
    ['You decide what is shared', 'The provider asks you first, and shows exactly what for.'],
    ['Yours to end', 'What is kept is encrypted. One click takes it back.'],
  ],
  ended: 'You are not signed in any more: your session ended, or was ended from another browser.',
  goOn: 'Sign in to go on.',
  linking: (provider: string) =>
    `Sign in the way you always do. Then we ask whether to connect your ${provider} account.`,
  noneTitle: 'No way to sign in yet',
  none: 'Whoever runs this site has to configure a provider first. In development, the set-up page says how.',
  noneLink: 'Open the set-up page',
  confirmTitle: 'Is it still you?',
  confirmLead:
    'You signed in a while ago, and this step matters. Sign in once more with one of your own ways; then go on where you were.',
  confirmNone: 'None of your ways to sign in is offered at the moment, so this has to wait.',
  leave: 'No, leave everything as it is',
  welcomePage: 'One more step',
  newTitle: 'Welcome',
  newLead: (provider: string) => `You come with this ${provider} account, which nobody signs in with here yet.`,
  newDetail: 'If you have an account, sign in to it the way you always do; then we connect this one.',
  create: 'Create a new account',
  haveAccount: 'I already have an account',
  linkTitle: 'Connect this account?',
  linkLead: (provider: string) =>
    `You are signed in. This ${provider} account can become a further way for you to sign in.`,
  linkIt: 'Connect it to my account',
  createInstead: 'Sign out and create a new account',
  switchTitle: 'Switch accounts?',
  switchLead: (provider: string) => `This ${provider} account signs in to another account than the one you are in now.`,
  switchIt: 'Switch to that account',
} as const;
