import { configmaps } from '@typernetes/api/core/v1';
import { encodeYaml } from '@typernetes/process';
import { clientOf } from '../cluster/admin-client.ts';
import { ensure } from '../cluster/ensure.ts';
import { bootstrappersGroup, grantInNamespace, group, nodesGroup } from '../cluster/rbac.ts';
import { clusterDocument } from '../config/print.ts';
import type { InitContext } from '../init-context.ts';
import { cgroupDriver } from '../kubelet/cgroup-driver.ts';
import { kubeletConfiguration } from '../kubelet/kubelet-config.ts';
import { logStep } from '../log-lines.ts';
import type { Phase } from '../phase.ts';

const namespace = 'kube-system';
const readers = [group(bootstrappersGroup), group(nodesGroup)];
const mayGet = (name: string) => [
  { apiGroups: [''], resources: ['configmaps'], resourceNames: [name], verbs: ['get'] },
];

export const uploadConfigPhase: Phase<InitContext> = {
  name: 'upload-config',
  short: 'Upload the kubeadm and kubelet configuration to a ConfigMap',
  help: { aliases: ['uploadconfig'], onlyParts: true, whole: 'Upload all configuration to a config map' },
  phases: [
    {
      name: 'kubeadm',
      short: 'Upload the kubeadm ClusterConfiguration to a ConfigMap',
      help: {
        examples: [
          {
            what: "Upload the cluster's configuration",
            line: 'init phase upload-config kubeadm --config myConfig.yaml',
          },
        ],
      },
      async run(context) {
        logStep(
          context.output,
          'uploadconfig.go:112',
          '[upload-config] Uploading the kubeadm ClusterConfiguration to a ConfigMap',
        );
        context.output.out(
          '[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace\n',
        );
        const client = await clientOf(context);
        await ensure(client, configmaps, {
          metadata: { name: 'kubeadm-config', namespace },
          data: { ClusterConfiguration: encodeYaml(clusterDocument(context.config.cluster)) },
        });
        const rules = mayGet('kubeadm-config');
        await grantInNamespace(client, { name: 'kubeadm:nodes-kubeadm-config', namespace, rules, subjects: readers });
      },
    },
    {
      name: 'kubelet',
      short: 'Upload the kubelet component config to a ConfigMap',
      help: {
        examples: [
          {
            what: "Upload the kubelet's configuration out of a file",
            line: 'init phase upload-config kubelet --config kubeadm.yaml',
          },
        ],
      },
      async run(context) {
        logStep(
          context.output,
          'uploadconfig.go:126',
          '[upload-config] Uploading the kubelet component config to a ConfigMap',
        );
        context.output.out(
          '[kubelet] Creating a ConfigMap "kubelet-config" in namespace kube-system with the configuration for the kubelets in the cluster\n',
        );
        const client = await clientOf(context);
        const kubelet = kubeletConfiguration(context.config.cluster, {
          user: context.config.kubelet,
          cgroupDriver: await cgroupDriver(context.host.files),
        });
        await ensure(client, configmaps, {
          metadata: { name: 'kubelet-config', namespace },
          data: { kubelet: encodeYaml(kubelet) },
        });
        const rules = mayGet('kubelet-config');
        await grantInNamespace(client, { name: 'kubeadm:kubelet-config', namespace, rules, subjects: readers });
      },
    },
  ],
};
