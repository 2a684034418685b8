import type { ControllerRevision } from '@typernetes/api/apps/v1';
import type { Writer } from '@typernetes/client';
import { ifFound } from '@typernetes/machinery';
import { expiredRevisions } from './plan.ts';

/** Deletes the revisions beyond the limit that nothing uses any more, oldest first. */
export async function pruneRevisions(
  history: readonly ControllerRevision[],
  use: { readonly limit: number | undefined; readonly inUse: (revision: ControllerRevision) => boolean },
  client: Pick<Writer<ControllerRevision>, 'delete'>,
): Promise<void> {
  for (const { metadata } of expiredRevisions(history, use)) await ifFound(client.delete(metadata));
}
