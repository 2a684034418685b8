import type { Node, Taint } from '@typernetes/api/core/v1';
import type { ResourceClient } from '@typernetes/client';
import { isConflict } from '@typernetes/machinery';

/** A node that changes each time that it is looked at is given up. */
const mostTries = 5;

interface TaintPatchOptions {
  readonly fieldManager: string;
  readonly dryRun: boolean;
}

/**
 * Gives the node the taints that `change` makes of its own. A list of taints takes the whole place of another: whoever has changed the node meanwhile, as
 * its kubelet does all the time, is not overwritten, and nobody is told of it either.
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
