import { pods } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import { formatDuration } from '@typernetes/process';
import { poll } from '../cluster/poll.ts';
import { momentName } from '../dry-run/dry-run.ts';
import { lastContainerLogLines } from '../kubelet/container-logs.ts';
import { kubernetesFolder } from '../paths.ts';
import { componentChecks, healthy } from '../phases/wait-control-plane.ts';
import { type PreviousEtcd, restoreEtcd } from './etcd-rollback.ts';
import { type NewManifest, newManifests } from './new-manifests.ts';
import { renewCertificatesOf, renewKubeconfigs } from './renewal.ts';
import { backUpStore } from './store-backup.ts';
import type { UpgradeContext } from './upgrade-context.ts';

const notUpgraded = (error: unknown): string =>
  `couldn't upgrade control plane. kubeadm has tried to recover everything into the earlier state. Errors faced: ${messagesOf(error)}`;

const etcdFailed = 'fatal error when trying to upgrade the etcd cluster, rolled the state back to pre-upgrade state';

/** A replaced manifest, with its previous content. */
interface Exchanged extends NewManifest {
  readonly before: string;
  /** The kubelet's fingerprint of `before`. */
  readonly hash: string | undefined;
}

/**
 * Replaces the manifests of this machine's control plane one by one, each once the one before it runs again. The old ones are moved to a
 * backup folder below /etc/kubernetes/tmp, where the store is backed up too. If a component does not come up, all old manifests are restored, and the
 * Error says why. Users' pods are not touched.
 */
export async function upgradeStaticPods(context: UpgradeContext, signal: AbortSignal): Promise<void> {
  const { init, config } = context;
  const { host, output, clock } = init;
  const moment = momentName(clock.now());
  const upgraded = `${kubernetesFolder}/tmp/kubeadm-upgraded-manifests-${moment}`;
  const backup = `${kubernetesFolder}/tmp/kubeadm-backup-manifests-${moment}`;
  const manifests = await newManifests(context);
  const previous = {
    backup: await backUpStore(context, { moment, signal }),
    members: await etcdMembers(context, signal),
  };
  output.out(`[upgrade/staticpods] Writing new Static Pod manifests to "${upgraded}"\n`);
  for (const { component, text } of manifests) {
    await host.files.write(`${upgraded}/${component}.yaml`, text, { mode: 0o600 });
  }
  const exchanged: Exchanged[] = [];
  for (const manifest of manifests) {
    const { component, path, text } = manifest;
    output.out(`[upgrade/staticpods] Preparing for "${component}" upgrade\n`);
    if (config.certificateRenewal) {
      try {
        await renewCertificatesOf(component, init);
      } catch (error) {
        // This component still runs as before: only those before it have to be put back.
        await putBack(context, exchanged, { failed: '', previous, signal });
        throw new Error(notUpgraded(error));
      }
    }
    const before = await host.files.read(path);
    if (before === text) {
      output.out(`[upgrade/staticpods] Current and new manifests of ${component} are equal, skipping upgrade\n`);
      continue;
    }
    const hash = await podHash(context, component, signal);
    if (before !== undefined) {
      await host.files.write(`${backup}/${component}.yaml`, before, { mode: 0o600 });
      exchanged.push({ ...manifest, before, hash });
    }
    output.out(
      `[upgrade/staticpods] Moving new manifest to "${path}" and backing up old manifest to "${backup}/${component}.yaml"\n`,
    );
    await host.files.write(path, text, { mode: 0o600 });
    try {
      await untilRestarted(context, { component, hash, signal });
    } catch (error) {
      signal.throwIfAborted();
      await sayLastWords(context, component);
      if (component === 'etcd') init.output.out(`[upgrade/etcd] Failed to upgrade etcd: ${messagesOf(error)}\n`);
      await putBack(context, exchanged, { failed: component, previous, signal });
      const what = notUpgraded(error);
      throw new Error(component === 'etcd' ? `${etcdFailed}: ${what}` : what);
    }
    output.out(`[upgrade/staticpods] Component "${component}" upgraded successfully!\n`);
  }
  if (config.certificateRenewal) await renewKubeconfigs(init);
  await host.files.remove(upgraded);
}

/** The number of members of the stacked etcd, read while an API server responds. */
async function etcdMembers({ client, init }: UpgradeContext, signal: AbortSignal): Promise<number> {
  if (init.config.cluster.storage.kind !== 'stacked-etcd') return 0;
  const selector = { namespace: 'kube-system', labelSelector: 'component=etcd', signal };
  return (await client.resource(pods).list(selector)).items.length;
}

/** The kubelet's hash of the manifest that a component runs from; undefined if there is no such pod. */
async function podHash(
  { impatient, init, config }: UpgradeContext,
  component: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = `${component}-${init.config.node.name}`;
  const read = async (): Promise<{ hash: string | undefined }> => {
    const { items } = await impatient.resource(pods).list({
      namespace: 'kube-system',
      fieldSelector: `metadata.name=${name}`,
      signal,
    });
    const own = items.find(({ metadata }) => metadata.name === name);
    return { hash: own?.metadata.annotations?.['kubernetes.io/config.hash'] };
  };
  const { hash } = await poll(read, { clock: init.clock, timeoutMs: config.timeouts.kubernetesApiCallMs, signal });
  return hash;
}

/** Waits for the kubelet to notice the new manifest, for the pod to run, and for the component to be healthy. */
async function untilRestarted(
  context: UpgradeContext,
  of: { component: NewManifest['component']; hash: string | undefined; signal: AbortSignal },
): Promise<void> {
  const { init, config, impatient } = context;
  const { output, clock } = init;
  const { component, signal } = of;
  const node = init.config.node.name;
  const timeoutMs = config.timeouts.upgradeManifestsMs;
  const end = clock.monotonic() + timeoutMs;
  const patience = (): { clock: typeof clock; timeoutMs: number; signal: AbortSignal; everyMs: number } => ({
    clock,
    timeoutMs: Math.max(0, end - clock.monotonic()),
    signal,
    everyMs: 200,
  });
  output.out(
    `[upgrade/staticpods] Waiting for the kubelet to restart the component\n[upgrade/staticpods] This can take up to ${formatDuration(timeoutMs)}\n`,
  );
  const selector = { namespace: 'kube-system', labelSelector: `component=${component}`, signal };
  await poll(async () => {
    const { items } = await impatient.resource(pods).list(selector);
    const own = items.find(({ metadata }) => metadata.name === `${component}-${node}`);
    const hash = own?.metadata.annotations?.['kubernetes.io/config.hash'];
    if (hash !== undefined && hash !== of.hash) return true;
    throw new Error(
      `static Pod hash for component ${component} on Node ${node} did not change after ${formatDuration(timeoutMs)}`,
    );
  }, patience());
  const running = await poll(async () => {
    const { items } = await impatient.resource(pods).list(selector);
    const waiting = items.filter(({ status }) => status?.phase !== 'Running');
    if (items.length > 0 && waiting.length === 0) return items.length;
    throw new Error(
      `pods of component ${component} are not running: ${waiting.map((pod) => pod.metadata.name).join()}`,
    );
  }, patience());
  output.out(`[apiclient] Found ${running} Pods for label selector component=${component}\n`);
  if (component === 'etcd') output.out('[upgrade/etcd] Waiting for etcd to become available\n');
  const check = componentChecks(init.config).find((each) => each.component === component);
  if (check) await poll(() => healthy(check, init, signal), patience());
}

async function sayLastWords({ init }: UpgradeContext, component: string): Promise<void> {
  const lines = await lastContainerLogLines(init.host.files, { component, count: 10 });
  if (lines.length === 0) return;
  init.output.err(`\nThe last words of ${component}:\n${lines.map((line) => `\t${line}\n`).join('')}\n`);
}

/** If another component failed, etcd stays upgraded: its data may already have the newer format. */
async function putBack(
  context: UpgradeContext,
  exchanged: readonly Exchanged[],
  { failed, previous, signal }: { failed: string; previous: PreviousEtcd; signal: AbortSignal },
): Promise<void> {
  const { init } = context;
  const { host, output, clock } = init;
  const restored = exchanged.filter(({ component }) => component !== 'etcd' || failed === 'etcd').reverse();
  for (const { component, path, before } of restored) {
    await host.files.write(path, before, { mode: 0o600 });
    output.out(`[upgrade/staticpods] Put the old manifest of "${component}" back to "${path}"\n`);
  }
  if (failed === 'etcd') await restoreEtcd(context, previous, signal);
  const checks = componentChecks(init.config);
  const timeoutMs = init.config.timeouts.controlPlaneComponentHealthCheckMs;
  for (const { component, hash } of restored) {
    const check = checks.find((each) => each.component === component);
    try {
      if (check) await poll(() => healthy(check, init, signal), { clock, timeoutMs, signal });
      // Otherwise the next attempt would see pods of this attempt's manifests, and conclude that the kubelet never notices its own.
      await poll(
        async () => {
          if ((await podHash(context, component, signal)) === hash) return true;
          throw new Error(`its pod does not show the previous manifest after ${formatDuration(timeoutMs)}`);
        },
        { clock, timeoutMs, signal },
      );
    } catch (error) {
      signal.throwIfAborted();
      output.err(`[upgrade/staticpods] WARNING: the previous ${component} has not come back: ${messagesOf(error)}\n`);
    }
  }
}
