import { isNotFound } from '@typernetes/machinery';
import type { AnyResource } from '../resources/any-resource.ts';
import type { Session } from '../session.ts';

export interface Doomed {
  readonly type: AnyResource;
  readonly ref: { readonly name: string; readonly namespace?: string };
  /** The UID of the deleted object: a later object of the same name does not count. */
  readonly uid: string | undefined;
}

/** Waits until a deleted object is gone, polling at growing intervals of up to one second. */
export async function untilGone(
  { type, ref, uid }: Doomed,
  { session, signal, timeoutMs }: { session: Session; signal: AbortSignal; timeoutMs: number | undefined },
): Promise<void> {
  const { client, clock } = session;
  const start = clock.monotonic();
  for (let delay = 20; ; delay = Math.min(delay * 2, 1000)) {
    try {
      const current = await client.resource(type).get(ref, { signal });
      if (uid !== undefined && current.metadata.uid !== uid) return;
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    if (timeoutMs !== undefined && clock.monotonic() - start > timeoutMs) {
      throw new Error(`timed out waiting for the condition on ${type.plural}/${ref.name}`);
    }
    await clock.sleep(delay, signal);
  }
}
