import { test } from 'node:test';
import { namespaces, serviceaccounts } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import { type ClusterOptions, untilFound, withCluster } from '../cluster.ts';
import { Conversation } from './conversation.ts';

/** A check, which runs in a namespace of its own. */
export type Check = (talk: Conversation) => Promise<void>;

/**
 * The checks of one area, run in parallel in one cluster with hollow nodes. A check is named after the item of
 * upstream's conformance suite whose observable behaviour it asserts, without its tags.
 */
export function conformance(area: string, checks: Readonly<Record<string, Check>>, options: ClusterOptions = {}): void {
  test(area, { concurrency: true }, (context) =>
    withCluster(options, async (client) => {
      const runs = Object.entries(checks).map(([name, check], index) =>
        context.test(name, async () => check(await inNamespace(client, `check-${index}`))),
      );
      await Promise.all(runs);
    }),
  );
}

export async function inNamespace(client: ApiClient, name: string): Promise<Conversation> {
  await client.resource(namespaces).create({ metadata: { name }, spec: {} });
  await untilFound(() => client.resource(serviceaccounts).get({ namespace: name, name: 'default' }));
  return new Conversation(client.transport, name);
}
