/** One thing that the doctor looked at. Whatever is not well says what to do about it. */

export type Finding =
  | { readonly about: string; readonly level: 'ok'; readonly message: string }
  | {
      readonly about: string;
      readonly level: 'warning' | 'failure';
      readonly message: string;
      readonly advice: string;
    };

export const ok = (about: string, message: string): Finding => ({ about, level: 'ok', message });

export const warning = (about: string, message: string, advice: string): Finding => ({
  about,
  level: 'warning',
  message,
  advice,
});

export const failure = (about: string, message: string, advice: string): Finding => ({
  about,
  level: 'failure',
  message,
  advice,
});
