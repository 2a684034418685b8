import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { withCondition } from '@typernetes/machinery';

/** Keeps a deleted definition until all its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** Called in the write that marks a definition for deletion. In place. */
export function markTerminating(definition: CustomResourceDefinition, now: string): void {
  const { metadata } = definition;
  // Definitions have no grace period, and report none.
  delete metadata.deletionGracePeriodSeconds;
  metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), cleanupFinalizer])];
  const conditions = withCondition(
    definition.status?.conditions,
    {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    },
    { now },
  );
  definition.status = { ...definition.status, conditions };
}
