/** The process's log: one JSON line each, times in UTC, everything redacted before it is written. */
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { redacted, safeText } from './log-redaction.js';

/** @param destination stderr unless given; written to at once, so that the last words of a process that dies are not lost */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      timestamp: stdTimeFunctions.isoTime,
      hooks: {
        logMethod(given, method) {
          const [first, ...others] = given.map(fitForTheLog);
          // An error alone becomes its causes, as it does inside of facts.
          if (Array.isArray(first)) return Reflect.apply(method, this, [{ causes: first }, ...others]);
          return Reflect.apply(method, this, [first, ...others]);
        },
      },
    },
    destination,
  );
}

function fitForTheLog(given: unknown): unknown {
  return typeof given === 'string' ? safeText(given) : redacted(given);
}
