import type { ApiClient } from '@typernetes/client';
import { encodeYaml } from '@typernetes/process';
import { applyClusterDns } from '../addons/cluster-dns.ts';
import { applyKubeProxy } from '../addons/kube-proxy.ts';
import { clientOf } from '../cluster/admin-client.ts';
import { dryRunClient } from '../dry-run/dry-run-client.ts';
import type { InitContext } from '../init-context.ts';
import type { Phase } from '../phase.ts';

async function apply(context: InitContext, name: string, addon: (client: ApiClient) => Promise<void>): Promise<void> {
  const { output, printManifest } = context;
  if (!printManifest) {
    await addon(await clientOf(context));
    output.out(`[addons] Applied essential addon: ${name}\n`);
    return;
  }
  const written = new Map<string, object>();
  await addon(dryRunClient({ output: { out: () => {}, err: () => {} }, written }));
  output.out([...written.values()].map((object) => `---\n${encodeYaml(object)}`).join(''));
}

export const addonPhase: Phase<InitContext> = {
  name: 'addon',
  short: 'Install required addons for passing conformance tests',
  help: { onlyParts: true, whole: 'Install all the addons' },
  phases: [
    {
      name: 'coredns',
      short: 'Install the CoreDNS addon to a Kubernetes cluster',
      skipIf: ({ config }) => (config.cluster.dns.disabled ? 'dns is disabled' : undefined),
      async run(context) {
        await apply(context, 'CoreDNS', (client) => applyClusterDns(client, context.config.cluster, context.patches));
      },
    },
    {
      name: 'kube-proxy',
      short: 'Install the kube-proxy addon to a Kubernetes cluster',
      skipIf: ({ config }) => (config.cluster.proxy.disabled ? 'proxy is disabled' : undefined),
      async run(context) {
        await apply(context, 'kube-proxy', (client) => applyKubeProxy(client, context));
      },
    },
  ],
};
