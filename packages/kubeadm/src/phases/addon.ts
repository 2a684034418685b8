import { applyClusterDns } from '../addons/cluster-dns.ts';
import { applyKubeProxy } from '../addons/kube-proxy.ts';
import { clientOf } from '../cluster/admin-client.ts';
import type { Phase } from '../phase.ts';
import type { InitContext } from './init-context.ts';

export const addonPhase: Phase<InitContext> = {
  name: 'addon',
  short: 'Install required addons for passing conformance tests',
  phases: [
    {
      name: 'coredns',
      short: 'Install the CoreDNS addon to a Kubernetes cluster',
      skipIf: ({ config }) => (config.cluster.dns.disabled ? 'dns is disabled' : undefined),
      async run(context) {
        await applyClusterDns(await clientOf(context), context.config.cluster, context.patches);
        context.output.out('[addons] Applied essential addon: CoreDNS\n');
      },
    },
    {
      name: 'kube-proxy',
      short: 'Install the kube-proxy addon to a Kubernetes cluster',
      skipIf: ({ config }) => (config.cluster.proxy.disabled ? 'proxy is disabled' : undefined),
      async run(context) {
        await applyKubeProxy(await clientOf(context), context.config);
        context.output.out('[addons] Applied essential addon: kube-proxy\n');
      },
    },
  ],
};
