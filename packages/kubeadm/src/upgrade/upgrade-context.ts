import { configmaps } from '@typernetes/api/core/v1';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import type { ApiClient } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import { decodeDocument } from '@typernetes/process';
import { failed } from '../certs/certificate-store.ts';
import { connectByFile } from '../cluster/connect.ts';
import { patientClient } from '../cluster/patient-transport.ts';
import type { CommandDeps } from '../command-deps.ts';
import { completeNode } from '../config/defaults.ts';
import { loadClusterConfig, storedVersion } from '../config/load.ts';
import type { UpgradeConfig } from '../config/load-upgrade.ts';
import type { InitContext } from '../init-context.ts';
import { CommandError } from '../output.ts';
import { adminKubeconfig, kubeletKubeconfig } from '../paths.ts';
import type { PodRemover } from '../reset/reset-context.ts';
import { runOptions } from '../run-options.ts';
import { apiServerManifest, thisNode } from './this-node.ts';

/** What the phases of `upgrade` work with. */
export interface UpgradeContext {
  readonly config: UpgradeConfig;
  /** What init would have on this machine today: the cluster's configuration and the node's registration. */
  readonly init: InitContext;
  /** Asks again what fails for a reason that passes. */
  readonly client: ApiClient;
  /** Says at once that it has failed: for those who ask again themselves. */
  readonly impatient: ApiClient;
  /** The version that the cluster's configuration speaks of: what the last `upgrade apply` made it. */
  readonly storedVersion: string;
  /** Whether the machine runs a control plane. */
  readonly controlPlane: boolean;
  /** Asks the user; resolves to what was typed. */
  ask(): Promise<string>;
  pods(criSocket: string): Promise<PodRemover>;
}

const namespace = 'kube-system';

/** Reads what there is of the cluster. Throws when this machine is no node of one, or cannot reach it. */
export async function upgradeContext(
  config: UpgradeConfig,
  deps: CommandDeps,
  options: { command: string; kubeconfig: string | undefined; say: string },
): Promise<UpgradeContext> {
  const { used, dryRun, patches } = await runOptions(options.command, deps, { ...config, server: true });
  const { host, output, clock, newToken, ask, images, pods } = used;
  const isWorker = options.command === 'upgrade-node' && !(await host.files.exists(apiServerManifest));
  const path = options.kubeconfig ?? (isWorker ? kubeletKubeconfig : adminKubeconfig);
  const impatient = await connectByFile(path, { files: host.files, connect: used.connect }).catch(
    failed(`couldn't create a Kubernetes client from file "${path}"`),
  );
  const node = await thisNode(deps.host.files);
  const client = patientClient(impatient, { clock, timeoutMs: config.timeouts.kubernetesApiCallMs });
  output.out(
    `[${options.say}] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...\n[${options.say}] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it.\n`,
  );
  const fatal = fatalOf(options);
  const stored = await document(client, 'kubeadm-config', 'ClusterConfiguration').catch(
    failed(`${fatal}: failed to get config map`),
  );
  if (stored === undefined) {
    if (options.command === 'upgrade-node') {
      throw new CommandError(`${fatal}: failed to get config map: configmaps "kubeadm-config" not found`);
    }
    output.out(
      `[${options.say}] In order to upgrade, a ConfigMap called "kubeadm-config" in the "${namespace}" namespace must exist.\n[${options.say}] Use 'kubeadm init phase upload-config --config your-config.yaml' to re-upload it.\n`,
    );
    throw new CommandError(`${fatal}: the ConfigMap "kubeadm-config" in the "${namespace}" namespace was not found`);
  }
  const proxy = node.localEndpoint ? await document(client, 'kube-proxy', 'config.conf') : undefined;
  const kubelet = await document(client, 'kubelet-config', 'kubelet');
  return {
    config,
    client,
    impatient,
    storedVersion: storedVersion(stored),
    controlPlane: node.localEndpoint !== undefined,
    ask,
    pods,
    init: {
      config: {
        cluster: loadClusterConfig(stored),
        node: {
          ...completeNode(
            {
              name: node.name,
              criSocket: node.criSocket,
              imagePullPolicy: config.imagePullPolicy,
              imagePullSerial: config.imagePullSerial,
            },
            { hostName: host.machine.hostName, taints: [] },
          ),
          ignorePreflightErrors: config.ignorePreflightErrors,
        },
        localEndpoint: node.localEndpoint ?? { advertiseAddress: '', bindPort: 6443 },
        certificateKey: '',
        bootstrapTokens: [],
        skipPhases: config.skipPhases,
        dryRun: config.dryRun,
        patches: config.patches,
        timeouts: config.timeouts,
        kubelet: decoded<Partial<KubeletConfiguration>>(kubelet),
        kubeProxy: decoded<Record<string, unknown>>(proxy),
      },
      host,
      output,
      clock,
      connect: () => client,
      newToken,
      images,
      skipTokenPrint: true,
      uploadCerts: false,
      skipCertificateKeyPrint: true,
      patches,
      dryRun,
    },
  };
}

/** How each command begins what it says of a configuration that it cannot read. */
function fatalOf({ command, say }: { command: string; say: string }): string {
  if (command === 'upgrade-node') return 'unable to fetch the kubeadm-config ConfigMap';
  return command === 'upgrade-plan' ? '[upgrade/init config] FATAL' : `[${say}] FATAL`;
}

async function document(client: ApiClient, name: string, key: string): Promise<string | undefined> {
  try {
    return (await client.resource(configmaps).get({ name, namespace })).data?.[key];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

const decoded = <T extends object>(text: string | undefined): T =>
  (text === undefined ? {} : (decodeDocument(text) ?? {})) as T;
