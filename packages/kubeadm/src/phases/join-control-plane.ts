import { formatKubeconfig, parseKubeconfig } from '@typernetes/client';
import { sharedCertificateProblems } from '../certs/shared-certificates.ts';
import type { ClusterConfig } from '../config/internal.ts';
import { localAddress } from '../endpoint.ts';
import type { InitContext } from '../init-context.ts';
import type { JoinContext } from '../join/join-context.ts';
import { kubeletService } from '../kubelet/service.ts';
import { kubeletKubeconfig } from '../paths.ts';
import type { Phase } from '../phase.ts';
import { certsPhase } from './certs.ts';
import { controlPlanePhase } from './control-plane.ts';
import { downloadCertsPhase } from './download-certs.ts';
import { kubeconfigPhase } from './kubeconfig.ts';
import { markControlPlanePhase } from './mark-control-plane.ts';
import { waitForComponents } from './wait-control-plane.ts';

const onlyControlPlanes = ({ config }: JoinContext): string | undefined =>
  config.controlPlane ? undefined : 'this machine joins as a worker';

/** Runs a phase of init on this machine. Whether it is skipped depends on the cluster's configuration, which is read first. */
function ofInit(phase: Phase<InitContext>, without: readonly string[] = []): Phase<JoinContext> {
  const { name, short, phases } = phase;
  return {
    name,
    short,
    skipIf: onlyControlPlanes,
    async run(context, signal) {
      const init = await context.asControlPlane(signal);
      if (phase.skipIf?.(init) === undefined) await phase.run?.(init, signal);
    },
    ...(phases ? { phases: phases.filter((each) => !without.includes(each.name)).map((each) => ofInit(each)) } : {}),
  };
}

/** Flattens a group of init's phases into one phase, as in upstream's join. */
function whole(phase: Phase<InitContext>, options: { short: string; without?: readonly string[] }): Phase<JoinContext> {
  const { phases = [], ...group } = ofInit(phase, options.without);
  return {
    ...group,
    short: options.short,
    async run(context, signal) {
      await group.run?.(context, signal);
      for (const each of phases) await each.run?.(context, signal);
    },
  };
}

const certificates = whole(certsPhase, { short: 'Generate the certificates for the new control plane components' });

export const controlPlanePreparePhase: Phase<JoinContext> = {
  name: 'control-plane-prepare',
  short: 'Prepare the machine for serving a control plane',
  help: { examples: [{ what: 'Write all that a control plane needs', line: 'join phase control-plane-prepare all' }] },
  skipIf: onlyControlPlanes,
  phases: [
    downloadCertsPhase,
    {
      ...certificates,
      async run(context, signal) {
        const init = await context.asControlPlane(signal);
        await requireSharedCertificates(init);
        await certificates.run?.(context, signal);
      },
    },
    // The kubelet gets its kubeconfig with the bootstrap token; super-admin.conf exists on the first control plane only.
    whole(kubeconfigPhase, {
      short: 'Generate the kubeconfig for the new control plane components',
      without: ['super-admin', 'kubelet'],
    }),
    whole(controlPlanePhase, { short: 'Generate the manifests for the new control plane components' }),
  ],
};

export const controlPlaneJoinPhase: Phase<JoinContext> = {
  name: 'control-plane-join',
  short: 'Join a machine as a control plane instance',
  help: { examples: [{ what: 'Make this machine a control plane', line: 'join phase control-plane-join all' }] },
  skipIf: onlyControlPlanes,
  phases: [ofInit(markControlPlanePhase)],
};

export const waitJoinedControlPlanePhase: Phase<JoinContext> = {
  name: 'wait-control-plane',
  short: 'Wait for the control plane to start',
  skipIf: onlyControlPlanes,
  async run(context, signal) {
    const init = await context.asControlPlane(signal);
    await waitForComponents(init, signal);
    await useLocalApiServer(init);
  },
};

/**
 * The kubelet got its certificate through the shared endpoint. From now on it uses the API server of its own machine,
 * as on the first control plane, so that it does not depend on other control planes.
 */
export async function useLocalApiServer({ config, host, output }: InitContext): Promise<void> {
  const text = await host.files.read(kubeletKubeconfig);
  if (text === undefined) return;
  const server = `https://${localAddress(config)}`;
  const kubeconfig = parseKubeconfig(text);
  if (Object.values(kubeconfig.clusters).every((cluster) => cluster.server === server)) return;
  output.out(`[kubelet-start] Updating "${kubeletKubeconfig}" to point to the local API server\n`);
  const clusters = Object.fromEntries(
    Object.entries(kubeconfig.clusters).map(([name, cluster]) => [name, { ...cluster, server }]),
  );
  await host.files.write(kubeletKubeconfig, formatKubeconfig({ ...kubeconfig, clusters }), { mode: 0o600 });
  await (await kubeletService(host)).start();
}

/** As upstream words why a machine cannot become a further control plane. */
const unfit = (why: string): string => `
One or more conditions for hosting a new control plane instance is not satisfied.

${why}

Please ensure that:
* The cluster has a stable controlPlaneEndpoint address.
* The certificates that must be shared among control plane instances are provided.

`;

/** Several control planes need a shared store and a shared endpoint. */
export function refuseUnfitCluster(cluster: Pick<ClusterConfig, 'storage' | 'controlPlaneEndpoint'>): void {
  if (cluster.storage.kind === 'embedded') {
    throw new Error(
      `unable to add a new control plane instance to a cluster with the embedded store: it belongs to the one machine that "kubeadm init" ran on. Make a cluster for several control planes with "kubeadm init --control-plane-endpoint HOST:PORT --upload-certs", or join without --control-plane to add a worker`,
    );
  }
  if (cluster.controlPlaneEndpoint === '') {
    throw new Error(
      unfit(
        "unable to add a new control plane instance to a cluster that doesn't have a stable controlPlaneEndpoint address",
      ),
    );
  }
}

/** What all control planes share has to be here before this one makes its own certificates. */
export async function requireSharedCertificates(context: InitContext): Promise<void> {
  const [first, ...more] = await sharedCertificateProblems(context);
  if (first !== undefined) throw new Error(unfit(more.length === 0 ? first : `[${[first, ...more].join(', ')}]`));
}
