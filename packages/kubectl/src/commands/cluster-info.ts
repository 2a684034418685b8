import { services } from '@typernetes/api/core/v1';
import { defineCommand } from '../command.ts';
import type { Session } from '../session.ts';
import { checkConfiguration } from './missing-context.ts';

export const clusterInfoCommand = defineCommand({
  use: 'cluster-info [flags]',
  short: 'Display cluster information',
  flags: {},
  async run(_given, session) {
    checkConfiguration(session);
    try {
      await showServices(session);
    } finally {
      session.io.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
    }
    return 0;
  },
});

async function showServices(session: Session): Promise<void> {
  const { items } = await session.client
    .resource(services)
    .list({ namespace: 'kube-system', labelSelector: 'kubernetes.io/cluster-service=true' });
  session.io.out(`Kubernetes control plane is running at ${session.server}\n`);
  for (const { metadata, spec } of items) {
    const shown = metadata.labels?.['kubernetes.io/name'] ?? metadata.name;
    const port = spec.ports?.[0]?.name ? `:${spec.ports[0].name}` : '';
    session.io.out(
      `${shown} is running at ${session.server}/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}${port}/proxy\n`,
    );
  }
}
