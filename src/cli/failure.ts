/** Why a command ends without success. Whoever typed it gets one sentence and, where there is one, what to do about it; never a stack. */

export const EXIT = { success: 0, failure: 1, usage: 2, cancelled: 130 } as const;

export class CliFailure extends Error {
  readonly code: string;
  /** What to do about it. */
  readonly advice: string | undefined;
  readonly exitCode: number;

  constructor(code: string, message: string, advice?: string, options: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.name = 'CliFailure';
    this.code = code;
    this.advice = advice;
    this.exitCode = options.exitCode ?? EXIT.failure;
  }
}

/** The person pressed Ctrl-C. */
export class Cancelled extends CliFailure {
  constructor() {
    super('cancelled', 'Cancelled.', undefined, { exitCode: EXIT.cancelled });
    this.name = 'Cancelled';
  }
}
