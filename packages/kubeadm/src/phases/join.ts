import { configmaps, nodes } from '@typernetes/api/core/v1';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { isForbidden, isNotFound } from '@typernetes/machinery';
import { decodeDocument, formatDuration } from '@typernetes/process';
import { patientClient } from '../cluster/patient-transport.ts';
import { poll } from '../cluster/poll.ts';
import { imageBundle } from '../image-bundle.ts';
import { nodeImages } from '../images.ts';
import { bootstrapKubeconfigText } from '../join/control-plane-context.ts';
import type { JoinContext } from '../join/join-context.ts';
import { cgroupDriver } from '../kubelet/cgroup-driver.ts';
import { flagsEnvironment } from '../kubelet/flags-environment.ts';
import { showKubeletTroubles, waitForKubelet } from '../kubelet/health.ts';
import { writeKubeletConfig } from '../kubelet/instance-config.ts';
import { kubeletService } from '../kubelet/service.ts';
import { logStep } from '../log-lines.ts';
import { bootstrapKubeconfig, kubeletEnvironmentFile, kubeletKubeconfig } from '../paths.ts';
import type { Phase } from '../phase.ts';
import { runChecks } from '../preflight/check.ts';
import { isRoot } from '../preflight/checks.ts';
import { imagesCheck, pullControlPlaneImages } from '../preflight/images-check.ts';
import { joiningControlPlaneChecks } from '../preflight/init-checks.ts';
import { joinChecks } from '../preflight/join-checks.ts';
import { etcdJoinPhase } from './etcd-join.ts';
import {
  controlPlaneJoinPhase,
  controlPlanePreparePhase,
  refuseUnfitCluster,
  requireSharedCertificates,
  waitJoinedControlPlanePhase,
} from './join-control-plane.ts';

const namespace = 'kube-system';

/** The phases of `kubeadm join`, in order; most run only on a control plane. */
export const joinPhases: readonly Phase<JoinContext>[] = [
  {
    name: 'preflight',
    short: 'Run join pre-flight checks',
    help: {
      examples: [
        {
          what: 'Look at this machine for a cluster that a file names',
          line: 'join phase preflight --config kubeadm-config.yaml',
        },
      ],
    },
    async run(context, signal) {
      const { config, host, output, clock, cluster, asControlPlane } = context;
      output.out('[preflight] Running pre-flight checks\n');
      logStep(output, 'preflight.go:93', '[preflight] Running general checks');
      await runChecks([isRoot], { host, output }, config.node.ignorePreflightErrors);
      await runChecks(
        joinChecks(config, () => clock.now()),
        { host, output },
        config.node.ignorePreflightErrors,
      );
      await cluster(signal);
      if (!config.controlPlane) return loadNodeImages(context, signal);
      const init = await asControlPlane(signal);
      logStep(output, 'preflight.go:107', '[preflight] Running configuration dependant checks');
      refuseUnfitCluster(init.config.cluster);
      const download = init.config.certificateKey !== '';
      if (!download) await requireSharedCertificates(init);
      output.out('[preflight] Running pre-flight checks before initializing the new control plane instance\n');
      await runChecks(
        joiningControlPlaneChecks(init.config, { download }),
        { host, output },
        config.node.ignorePreflightErrors,
      );
      await pullControlPlaneImages(init, { who: 'preflight', signal });
    },
  },
  controlPlanePreparePhase,
  {
    name: 'kubelet-start',
    short: 'Write kubelet settings, certificates and (re)start the kubelet',
    run: startKubelet,
  },
  etcdJoinPhase,
  {
    name: 'kubelet-wait-bootstrap',
    short: 'Wait for the kubelet to bootstrap itself',
    async run({ config, host, output, clock, dryRun }, signal) {
      if (dryRun) {
        await dryRun.host.showFiles();
        output.out('[dryrun] Would wait for the kubelet to be healthy and to perform the TLS Bootstrap\n');
        return;
      }
      await waitForKubelet({ host, output, clock }, { timeoutMs: config.timeouts.kubeletHealthCheckMs, signal });
      output.out('[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap\n');
      const written = async (): Promise<true | undefined> =>
        (await host.files.exists(kubeletKubeconfig)) ? true : undefined;
      try {
        await poll(written, { clock, timeoutMs: config.timeouts.tlsBootstrapMs, signal });
      } catch (error) {
        signal.throwIfAborted();
        await showKubeletTroubles({ host, output });
        throw new Error(
          `failed while waiting for TLS bootstrap: the kubelet has not written ${kubeletKubeconfig} within ${formatDuration(config.timeouts.tlsBootstrapMs)}`,
          { cause: error },
        );
      }
      await host.files.remove(bootstrapKubeconfig);
    },
  },
  controlPlaneJoinPhase,
  waitJoinedControlPlanePhase,
];

/** Loads the images that every node runs, if the machine has an archive of them: no registry has them. */
async function loadNodeImages(
  { config, host, output, images, dryRun }: JoinContext,
  signal: AbortSignal,
): Promise<void> {
  if (dryRun || !(await host.files.exists(imageBundle))) return;
  const runtime = await images(config.node.criSocket);
  try {
    const { imagePullPolicy, imagePullSerial } = config.node;
    const check = imagesCheck(nodeImages(), { runtime, imagePullPolicy, imagePullSerial, signal, output });
    await runChecks([check], { host, output }, config.node.ignorePreflightErrors);
  } finally {
    runtime.close();
  }
}

async function startKubelet(context: JoinContext, signal: AbortSignal): Promise<void> {
  const { config, host, output } = context;
  const cluster = await context.cluster(signal);
  const kubeconfig = bootstrapKubeconfigText(cluster, config.tlsBootstrapToken);
  const kubelet = await readKubeletConfig(context, kubeconfig);
  const service = await kubeletService(host);
  logStep(output, 'kubelet.go:180', '[kubelet-start] Stopping the kubelet');
  await service.stop();
  const writing = `[kubelet-start] writing bootstrap kubelet config file at ${bootstrapKubeconfig}`;
  logStep(output, 'kubelet.go:128', writing);
  await host.files.write(bootstrapKubeconfig, kubeconfig, { mode: 0o600 });
  if (!(await host.files.exists(config.caCertPath))) {
    logStep(output, 'kubelet.go:143', `[kubelet-start] writing CA certificate at ${config.caCertPath}`);
    await host.files.write(config.caCertPath, cluster.caCertificate, { mode: 0o644 });
  }
  // The cgroup driver depends on this machine, not on the first one.
  const local = { ...kubelet, cgroupDriver: await cgroupDriver(host.files) };
  const { patches } = context;
  await writeKubeletConfig(local, { node: config.node, files: host.files, output, patches });
  output.out(`[kubelet-start] Writing kubelet environment file with flags to file "${kubeletEnvironmentFile}"\n`);
  const nodeName = config.node.name !== host.machine.hostName.toLowerCase();
  const flags = flagsEnvironment(config.node, { registerTaints: true, nodeName });
  await host.files.write(kubeletEnvironmentFile, flags, { mode: 0o644 });
  output.out('[kubelet-start] Starting the kubelet\n');
  await service.start();
}

/** The bootstrap token may read the cluster's configuration, and check whether a node of this name exists. */
async function readKubeletConfig(context: JoinContext, kubeconfig: string): Promise<Partial<KubeletConfiguration>> {
  const { config, output } = context;
  const { clock } = context;
  const timeoutMs = config.timeouts.kubernetesApiCallMs;
  const client = patientClient(context.connect(kubeconfig), { clock, timeoutMs });
  try {
    logStep(output, 'join.go:565', '[preflight] Fetching init configuration');
    logStep(output, 'join.go:654', '[preflight] Retrieving KubeConfig objects');
    output.out('[preflight] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...\n');
    output.out(
      "[preflight] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it.\n",
    );
    await client.resource(configmaps).get({ name: 'kubeadm-config', namespace });
    const downloading = 'attempting to download the KubeletConfiguration from ConfigMap "kubelet-config"';
    logStep(output, 'kubelet.go:74', downloading);
    const { data } = await client.resource(configmaps).get({ name: 'kubelet-config', namespace });
    const existing = `an existing Node in the cluster with name "${config.node.name}" and status "Ready"`;
    logStep(output, 'kubelet.go:164', `[kubelet-start] Checking for ${existing}`);
    const node = await client
      .resource(nodes)
      .get({ name: config.node.name })
      .catch((error: unknown) => {
        if (isNotFound(error) || isForbidden(error)) return undefined;
        throw error;
      });
    const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') {
      throw new Error(
        `a Node with name "${config.node.name}" and status "Ready" already exists in the cluster. You must delete the existing Node or change the name of this new joining Node`,
      );
    }
    return decodeDocument(data?.kubelet ?? '') as Partial<KubeletConfiguration>;
  } finally {
    client.transport.close();
  }
}
