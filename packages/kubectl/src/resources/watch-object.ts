import { type ApiObject, isExpired, isNotFound } from '@typernetes/machinery';
import type { Session } from '../session.ts';
import type { AnyResource } from './any-resource.ts';

/**
 * Shows an object and each of its changes to `look` (undefined once it is gone, or when it does not exist) until that returns true.
 * Resolves to false when `timeoutMs` passes before; with 0 it looks once. Survives watches that end.
 */
export async function watchObject(
  of: { type: AnyResource; ref: { name: string; namespace?: string } },
  { session, signal, timeoutMs }: { session: Session; signal: AbortSignal; timeoutMs: number | undefined },
  look: (object: ApiObject | undefined) => boolean,
): Promise<boolean> {
  const client = session.client.resource(of.type);
  const where = {
    ...(of.type.namespaced && of.ref.namespace ? { namespace: of.ref.namespace } : {}),
    fieldSelector: `metadata.name=${of.ref.name}`,
  };
  // A timeout of 0 means one check.
  if (timeoutMs === 0) return look((await client.list({ ...where, signal })).items[0]);
  const ended = new AbortController();
  const cancel = timeoutMs === undefined ? undefined : session.clock.after(timeoutMs, () => ended.abort());
  const scope = AbortSignal.any([signal, ended.signal]);
  // An error of the callback is not an error of the watch.
  let refused = false;
  const isSeen = (object: ApiObject | undefined): boolean => {
    try {
      return look(object);
    } catch (error) {
      refused = true;
      throw error;
    }
  };
  try {
    while (!scope.aborted) {
      const { items, metadata } = await client.list({ ...where, signal: scope });
      if (isSeen(items[0])) return true;
      try {
        for await (const event of client.watch({
          ...where,
          resourceVersion: metadata.resourceVersion ?? '0',
          signal: scope,
        })) {
          if (event.type !== 'BOOKMARK' && isSeen(event.type === 'DELETED' ? undefined : event.object)) return true;
        }
      } catch (error) {
        if (refused || (!isExpired(error) && !isNotFound(error))) throw error;
      }
    }
  } catch (error) {
    if (refused || !ended.signal.aborted) throw error;
  } finally {
    cancel?.();
    ended.abort();
  }
  signal.throwIfAborted();
  return false;
}
