import { type PriorityClass, priorityclasses } from '@typernetes/api/scheduling/v1';
import type { ApiClient } from '@typernetes/client';
import { type Draft, isAlreadyExists, isNotFound } from '@typernetes/machinery';

/** The classes that every cluster has, above all that users may define. */
export const systemPriorityClasses: readonly {
  readonly name: string;
  readonly value: number;
  readonly description: string;
}[] = [
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
];

/** Creates those that are missing. */
export async function ensureSystemPriorityClasses(client: Pick<ApiClient, 'resource'>): Promise<void> {
  const kind = client.resource(priorityclasses);
  await Promise.all(
    systemPriorityClasses.map(async ({ name, value, description }) => {
      try {
        await kind.get({ name });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        const wanted = { metadata: { name }, value, description, globalDefault: false };
        await kind.create(wanted as Draft<PriorityClass>).catch((refused: unknown) => {
          if (!isAlreadyExists(refused)) throw refused;
        });
      }
    }),
  );
}
