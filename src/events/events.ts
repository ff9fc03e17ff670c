/**
 * The audit trail: what happened to a person's account and connections. One event for each transition, never one for each attempt,
 * and never a secret. A trail that cannot be written is reported to the log, but does not undo what happened.
 */

export type EventKind =
  | 'account_created'
  | 'account_deleted'
  | 'account_disabled'
  | 'account_enabled'
  | 'signed_in'
  | 'reauthenticated'
  | 'signed_out'
  | 'sign_in_refused'
  | 'way_to_sign_in_added'
  | 'way_to_sign_in_removed'
  | 'session_ended'
  | 'data_exported'
  | 'operator_claimed'
  | 'operator_acted'
  /** A way to sign in without its account: the database is damaged. */
  | 'identity_orphaned'
  | 'connected'
  | 'reconnected'
  | 'disconnected'
  | 'connect_refused'
  | 'flow_user_mismatch'
  | 'consent_denied'
  /** An attempt was spent without a result. */
  | 'flow_failed'
  /** Somebody made a call by hand, in the console of a connection. */
  | 'console_called'
  | 'connection_retrying'
  | 'connection_recovered'
  | 'connection_reconnect_required'
  | 'provider_refuses_client'
  | 'provider_accepts_client'
  | 'provider_away'
  | 'provider_back';

export interface AuditEvent {
  readonly kind: EventKind;
  readonly userId?: string | undefined;
  readonly connectionId?: string | undefined;
  readonly provider?: string | undefined;
  readonly requestId?: string | undefined;
  readonly address?: string | undefined;
  /** Short facts for the reader: codes and counts, no text from a provider and no secret. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** Where events are kept; the database room provides it. */
export interface EventStore {
  append(event: AuditEvent): Promise<void>;
}

export interface Events {
  record(event: AuditEvent): Promise<void>;
}

/**
 * @param onFailure told when an event could not be stored; receives the event's kind and the error
 * @param observe sees each event before it is stored, for the log
 */
export function createEvents(
  store: EventStore,
  onFailure: (kind: EventKind, error: unknown) => void,
  observe: (event: AuditEvent) => void = () => undefined,
): Events {
  return {
    async record(event) {
      observe(event);
      try {
        await store.append(event);
      } catch (error) {
        onFailure(event.kind, error);
      }
    },
  };
}
