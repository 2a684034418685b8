import { nodes } from '@typernetes/api/core/v1';
import { version } from '@typernetes/base';
import { gatesOfOldClusters } from '../config/feature-gates.ts';
import type { Host } from '../host.ts';
import type { Output } from '../output.ts';
import { manifestsFolder } from '../paths.ts';
import type { Phase } from '../phase.ts';
import { type Check, runChecks } from '../preflight/check.ts';
import { isRoot, systemVerification } from '../preflight/checks.ts';
import { pullControlPlaneImages } from '../preflight/images-check.ts';
import { clusterVersion, kubelets } from '../upgrade/components.ts';
import { jobCompletes } from '../upgrade/health-job.ts';
import { compareReleases, parseRelease, wantedVersion } from '../upgrade/release.ts';
import type { UpgradeContext } from '../upgrade/upgrade-context.ts';
import { versionProblems } from '../upgrade/version-policy.ts';

/** The checks of the machine before an upgrade. */
export async function checkMachine(deps: { host: Host; output: Output }, ignore: readonly string[]): Promise<void> {
  await runChecks([isRoot], deps, ignore);
  await runChecks([systemVerification], deps, ignore);
}

export const applyPreflightPhase: Phase<UpgradeContext> = {
  name: 'preflight',
  short: 'Run preflight checks before upgrade',
  async run(context, signal) {
    const { init, config } = context;
    const { host, output } = init;
    output.out('[upgrade/preflight] Running preflight checks\n');
    await checkMachine({ host, output }, config.ignorePreflightErrors);
    await checkHealth(context, signal);
    await enforceVersions(context);
    if (!config.yes && !config.force && !config.dryRun) await confirm(context);
    await pullControlPlaneImages(context.init, { who: 'upgrade/preflight', signal });
  },
};

export const nodePreflightPhase: Phase<UpgradeContext> = {
  name: 'preflight',
  short: 'Run upgrade node pre-flight checks',
  async run(context, signal) {
    const { init, config, controlPlane } = context;
    const { host, output } = init;
    output.out('[upgrade/preflight] Running pre-flight checks\n');
    await checkMachine({ host, output }, config.ignorePreflightErrors);
    refuseOtherRelease(context);
    if (controlPlane) await pullControlPlaneImages(context.init, { who: 'upgrade/preflight', signal });
    else output.out('[upgrade/preflight] Skipping prepull. Not a control plane node.\n');
  },
};

/** Upstream's checks of the cluster before an upgrade, with upstream's names. */
export async function checkHealth(context: UpgradeContext, signal: AbortSignal): Promise<void> {
  const { init, client, config } = context;
  const { host, output } = init;
  output.out('[upgrade] Running cluster health checks\n');
  const checks: Check[] = [
    jobCompletes(context, signal),
    {
      name: 'ControlPlaneNodesReady',
      async run() {
        const { items } = await client.resource(nodes).list({ labelSelector: 'node-role.kubernetes.io/control-plane' });
        const notReady = items
          .filter(
            ({ status }) => !status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
          )
          .map(({ metadata }) => metadata.name);
        if (items.length === 0) return { errors: ['failed to find any nodes with a control-plane role'] };
        return notReady.length > 0
          ? { errors: [`there are NotReady control-planes in the cluster: [${notReady.join(' ')}]`] }
          : {};
      },
    },
    {
      name: 'StaticPodManifest',
      async run({ files }) {
        const paths = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(
          (component) => `${manifestsFolder}/${component}.yaml`,
        );
        const there = await Promise.all(paths.map((path) => files.exists(path)));
        const missing = paths.filter((_, i) => !there[i]);
        if (missing.length === 0) return {};
        return {
          errors: [
            `The control plane seems to be Static Pod-hosted, but some of the manifests don't seem to exist on disk. This probably means you're running 'kubeadm upgrade' on a remote machine, which is not supported for a Static Pod-hosted cluster. Manifest files not found: [${missing.join(' ')}]`,
          ],
        };
      },
    },
  ];
  await runChecks(checks, { host, output }, config.ignorePreflightErrors);
  for (const message of gatesOfOldClusters(init.config.cluster.featureGates)) {
    output.out(`[upgrade/config] ${message}\n`);
  }
}

async function enforceVersions({ init, config, client }: UpgradeContext): Promise<void> {
  const { output } = init;
  const target = wantedVersion(config.kubernetesVersion ?? version);
  output.out(`[upgrade/preflight] You have chosen to upgrade the cluster version to "${target}"\n`);
  const cluster = await clusterVersion(client);
  output.out(`[upgrade/versions] Cluster version: ${cluster}\n[upgrade/versions] kubeadm version: ${version}\n`);
  const { mandatory, skippable } = versionProblems({
    target,
    cluster,
    kubeadm: version,
    kubelets: (await kubelets(client)).map((kubelet) => kubelet.version),
    allowExperimental: config.allowExperimental,
    allowReleaseCandidates: config.allowReleaseCandidates,
  });
  const listed = (problems: readonly string[]): string => problems.map((problem) => `\t- ${problem}\n`).join('');
  if (mandatory.length > 0) {
    throw new Error(
      `the version argument is invalid due to these fatal errors:\n\n${listed(mandatory)}\nPlease fix the misalignments highlighted above and try upgrading again`,
    );
  }
  if (skippable.length === 0) return;
  if (!config.force) {
    throw new Error(
      `the version argument is invalid due to these errors:\n\n${listed(skippable)}\nCan be bypassed if you pass the --force flag`,
    );
  }
  output.out(
    `[upgrade/preflight] Found ${skippable.length} potential version compatibility errors but skipping since the --force flag is set: \n\n${listed(skippable)}`,
  );
}

/** A node is upgraded to the cluster's release, which `upgrade apply` has set. */
function refuseOtherRelease({ storedVersion }: UpgradeContext): void {
  const cluster = parseRelease(storedVersion);
  const own = parseRelease(version);
  const order = cluster && own ? compareReleases(cluster, own) : 0;
  if (order > 0) {
    throw new Error(
      `the version of the cluster "${storedVersion}" is higher than the kubeadm version "${version}". Upgrade kubeadm first using the tool you used to install kubeadm`,
    );
  }
  if (order < 0) {
    throw new Error(
      `the version of the cluster "${storedVersion}" is lower than the kubeadm version "${version}". Run "kubeadm upgrade apply ${version}" on one of the control planes first`,
    );
  }
}

async function confirm({ init, ask }: UpgradeContext): Promise<void> {
  init.output.out('[upgrade] Are you sure you want to proceed? [y/N]: ');
  const answer = (await ask()).trim().toLowerCase();
  if (answer === 'y' || answer === 'yes') return;
  throw new Error("won't proceed; the user didn't answer (Y|y) in order to continue");
}
