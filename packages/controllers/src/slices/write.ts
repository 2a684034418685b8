import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import type { ResourceClient, UnseenWrites } from '@typernetes/client';
import { ifFound, type ObjectKey } from '@typernetes/machinery';
import type { SlicePlan } from './distribute.ts';

interface SliceWrites {
  readonly client: Pick<ResourceClient<EndpointSlice>, 'create' | 'update' | 'delete'>;
  readonly unseen: UnseenWrites<EndpointSlice>;
}

export async function writeSlices(key: ObjectKey, plan: SlicePlan, { client, unseen }: SliceWrites): Promise<void> {
  for (const draft of plan.create) unseen.wrote(key, await client.create(draft));
  for (const slice of plan.update) unseen.wrote(key, await client.update(slice));
  for (const slice of plan.remove) {
    await ifFound(client.delete(slice.metadata));
    unseen.deleted(key, slice);
  }
}
