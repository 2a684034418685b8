import type { Node, Taint } from '@typernetes/api/core/v1';
import type { ResourceClient } from '@typernetes/client';
import { isConflict } from '@typernetes/machinery';

/** The number of attempts on a node that changes meanwhile. */
const mostTries = 5;

interface TaintPatchOptions {
  readonly fieldManager: string;
  readonly dryRun: boolean;
}

/**
 * Updates the node's taints with `change`. A patch replaces the whole list of taints, so the patch has a resourceVersion: a concurrent change, such as
 * the kubelet's frequent ones, is not overwritten; the patch is retried instead.
 */
export async function patchTaints(
  node: Node,
  change: (current: readonly Taint[]) => readonly Taint[],
  { client, ...options }: TaintPatchOptions & { readonly client: Pick<ResourceClient<Node>, 'get' | 'patch'> },
): Promise<Node> {
  let now = node;
  for (let left = mostTries - 1; ; left--) {
    const { name, resourceVersion } = now.metadata;
    const patch = { metadata: { resourceVersion }, spec: { taints: change(now.spec.taints ?? []) } };
    try {
      return await client.patch({ name }, patch, { type: 'merge', ...options });
    } catch (error) {
      if (!isConflict(error) || left === 0) throw error;
      now = await client.get({ name });
    }
  }
}
