import { rm } from 'node:fs/promises';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import type { LogLinks } from '../container-logs/log-links.ts';
import { entriesOf } from '../files/read-files.ts';
import type { RareObserver } from '../metrics/rare-metrics.ts';
import { containerAnnotations, labels } from '../pod/labels.ts';
import type { Cgroups } from '../runtime/cgroups.ts';
import type { UserNamespaces } from '../runtime/user-namespaces.ts';
import type { Volumes } from '../volumes/volumes.ts';

export interface OrphansDeps {
  readonly runtime: ContainerRuntime;
  readonly volumes: Volumes;
  readonly userNamespaces: Pick<UserNamespaces, 'release'>;
  readonly cgroups: Pick<Cgroups, 'podUids' | 'removeUid'>;
  readonly podsDir: string;
  readonly logsDir: string;
  readonly logLinks: Pick<LogLinks, 'removeDead'>;
  readonly observer?: Pick<RareObserver, 'orphanFound'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const periodMs = 60_000;
/** The retry interval of failed removals, that of upstream's housekeeping: a CSI driver may have been unavailable. */
const retryMs = 2000;

/** Removes the leavings of pods that no source knows, again and again: some appear only when a pod's removal was cut short. */
export async function removeOrphans(
  workers: {
    readonly orphans: readonly string[];
    readonly recovered: Promise<void>;
    get(uid: string): unknown;
    forget(uid: string): void;
  },
  deps: OrphansDeps,
  signal: AbortSignal,
): Promise<void> {
  await workers.recovered;
  while (!signal.aborted) {
    let failed = false;
    const notice = (error: unknown, uid?: string): void => {
      failed = true;
      deps.log.warn('Cannot remove what is left of a pod', { uid, error: messageOf(error) });
    };
    try {
      for (const uid of await remainders(workers, deps, signal))
        if (workers.get(uid) === undefined)
          await removeOrphan(uid, deps, signal).then(
            () => workers.forget(uid),
            (error: unknown) => notice(error, uid),
          );
      await deps.logLinks.removeDead();
    } catch (error) {
      notice(error);
    }
    if (signal.aborted) return;
    await deps.clock.sleep(failed ? retryMs : periodMs, signal).catch(() => {});
  }
}

/** Takes down what runs on the machine for a pod that no source knows any more, with the grace that the pod had asked for. */
async function removeOrphan(uid: string, deps: OrphansDeps, signal: AbortSignal): Promise<void> {
  const { runtime, volumes, log } = deps;
  const filter = { labels: { [labels.podUid]: uid } };
  const [sandboxes, containers] = await Promise.all([
    runtime.listPodSandboxes(filter, { signal }),
    runtime.listContainers({ ...filter, state: 'CONTAINER_RUNNING' }, { signal }),
  ]);
  if (sandboxes.length + containers.length > 0) deps.observer?.orphanFound();
  log.info('Removing a pod that no source knows', { uid, containers: containers.length });
  await Promise.all(
    containers.map(({ id, annotations }) =>
      runtime.stopContainer(id, Number(annotations[containerAnnotations.gracePeriod] ?? 30), { signal }),
    ),
  );
  await Promise.all(
    sandboxes.map(async ({ id }) => {
      await runtime.stopPodSandbox(id, { signal });
      await runtime.removePodSandbox(id, { signal });
    }),
  );
  await Promise.all([volumes.remove(uid).then(() => deps.userNamespaces.release(uid)), deps.cgroups.removeUid(uid)]);
  for (const name of await entriesOf(deps.logsDir))
    if (uidOfLogs(name) === uid) await rm(`${deps.logsDir}/${name}`, { recursive: true, force: true });
}

/** The uids of pods that have left something: what ran when the kubelet started, sandboxes that came late, directories, control groups, logs. */
async function remainders(
  workers: { readonly orphans: readonly string[] },
  { runtime, podsDir, logsDir, cgroups }: OrphansDeps,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const sandboxes = await runtime.listPodSandboxes({}, { signal });
  const made = sandboxes.flatMap((sandbox) => sandbox.labels[labels.podUid] ?? []);
  const logs = (await entriesOf(logsDir)).flatMap((name) => uidOfLogs(name) ?? []);
  return new Set([...workers.orphans, ...made, ...(await entriesOf(podsDir)), ...(await cgroups.podUids()), ...logs]);
}

/** From `<namespace>_<name>_<uid>`; other directories are not the kubelet's. */
function uidOfLogs(directory: string): string | undefined {
  return /^[^_]+_[^_]+_([^_]+)$/.exec(directory)?.[1];
}
