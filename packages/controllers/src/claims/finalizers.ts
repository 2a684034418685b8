import type { Writer } from '@typernetes/client';
import { type ApiObject, ifFound } from '@typernetes/machinery';

/** What to do with a protection finalizer: nothing, add it, or remove it. */
export type Protection = 'add' | 'remove' | undefined;

export function planProtection({ metadata }: ApiObject, finalizer: string, isUsed: () => boolean): Protection {
  const has = !!metadata.finalizers?.includes(finalizer);
  if (metadata.deletionTimestamp === undefined) return has ? undefined : 'add';
  return has && !isUsed() ? 'remove' : undefined;
}

/** Carries out the decision, on the very revision that it was based on. */
export async function protect<T extends ApiObject>(
  object: T,
  { protection, finalizer, client }: { protection: Protection; finalizer: string; client: Pick<Writer<T>, 'update'> },
): Promise<void> {
  if (!protection) return;
  const others = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
  const finalizers = protection === 'add' ? [...others, finalizer] : others;
  await ifFound(client.update({ ...object, metadata: { ...object.metadata, finalizers } }));
}
