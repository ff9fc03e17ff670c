/** Words around lists of providers: choosing one, finding one among many. */
export const providerTexts = {
  signIn: 'Sign in',
  connect: 'Connect an account',
  find: 'Find a provider',
  findButton: 'Find',
  showAll: 'Show all',
  found: (count: number, words: string) =>
    count === 0 ? none(words) : `${count} ${count === 1 ? 'provider' : 'providers'} for “${words}”`,
  /** The live filter puts in the number and what was typed; the script tells the forms apart. */
  countOne: '1 provider',
  countMany: '{n} providers',
  countNone: none('{words}'),
  connected: 'connected',
  otherGroup: 'Others',
  groups: {
    'sign-in': 'Everyday accounts',
    social: 'People and posts',
    health: 'Health and sport',
    work: 'Work and files',
    code: 'Code',
    media: 'Music, pictures and games',
    commerce: 'Shops and money',
    knowledge: 'Knowledge and collections',
  },
  earlierGroup: 'Earlier generations',
} as const;

function none(words: string): string {
  return `No provider here is called “${words}”.`;
}
