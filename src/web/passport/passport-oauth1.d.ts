/** The parts of passport-oauth1 that our bridge uses; the package ships no types. Its protected members are documented as such. */
declare module 'passport-oauth1' {
  import type { Request } from 'express';
  import { Strategy } from 'passport';

  type Done = (error: unknown, ...results: unknown[]) => void;

  interface RequestTokenStore {
    get(req: Request, token: string, done: (error: unknown, tokenSecret?: string | false) => void): void;
    set(req: Request, token: string, tokenSecret: string, done: (error: unknown) => void): void;
    destroy(req: Request, token: string, done: (error: unknown) => void): void;
  }

  interface StrategyOptions {
    requestTokenURL: string;
    accessTokenURL: string;
    userAuthorizationURL: string;
    consumerKey: string;
    consumerSecret: string;
    callbackURL: string;
    passReqToCallback: true;
    requestTokenStore: RequestTokenStore;
  }

  class OAuthStrategy extends Strategy {
    constructor(
      options: StrategyOptions,
      verify: (
        req: Request,
        token: string,
        tokenSecret: string,
        parameters: unknown,
        profile: unknown,
        done: Done,
      ) => void,
    );
    protected _oauth: unknown;
    authenticate(req: Request, options?: object): void;
    userProfile(token: string, tokenSecret: string, parameters: unknown, done: Done): void;
    protected _createOAuthError(message: string, error: unknown): unknown;
  }

  export = OAuthStrategy;
}
