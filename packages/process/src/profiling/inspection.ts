import type { Session } from 'node:inspector/promises';
import type { Clock } from '@typernetes/base';

/** A session with V8 in this process, until `use` is done. Node's inspector is loaded when it is first needed: hardly any process is looked into. */
export async function inspect<T>(use: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession();
  try {
    return await use(session);
  } finally {
    session.disconnect();
  }
}

/** A session that stays: what it began ends with it. */
export async function openSession(): Promise<Session> {
  const inspector = await import('node:inspector/promises');
  const session = new inspector.Session();
  session.connect();
  return session;
}

/**
 * Something that a process has only once is in use: the error of the second request, in upstream's words if there are
 * any.
 */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

/** Waits, or ends early when the client disconnects, so that the profile is ended properly. */
export async function pause(ms: number, { clock, signal }: Patience): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

export interface Patience {
  readonly clock: Clock;
  /** Aborts when the profile is not wanted any more. */
  readonly signal: AbortSignal;
}
