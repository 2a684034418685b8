import { messagesOf } from '@typernetes/base';
import { poll } from '../cluster/poll.ts';
import { copyLimitMs } from '../command-limits.ts';
import { kubeletService } from '../kubelet/service.ts';
import { componentChecks, healthy } from '../phases/wait-control-plane.ts';
import type { UpgradeContext } from './upgrade-context.ts';

/** The state of etcd before its upgrade. */
export interface PreviousEtcd {
  /** The folder with the copy of its data; undefined when none was made. */
  readonly backup: string | undefined;
  /** The number of members of its cluster. */
  readonly members: number;
}

/**
 * Waits for the previous etcd, whose manifest has been restored. If it does not come up with the data that the newer one left, the copy
 * from before the upgrade replaces them, and they are kept beside it. Only a single member's data are replaced: one of several that had forgotten what
 * it has voted for and acknowledged could make the cluster forget it, while the others have all of it. Rejects if etcd cannot be restored, with instructions.
 */
export async function restoreEtcd(context: UpgradeContext, previous: PreviousEtcd, signal: AbortSignal): Promise<void> {
  const { output } = context.init;
  const first = await whyUnavailable(context, signal);
  if (first !== undefined) {
    output.err(`[upgrade/etcd] Failed to healthcheck previous etcd: ${first}\n`);
    const { backup, members } = previous;
    if (backup === undefined)
      throw new Error('fatal error rolling back local etcd cluster manifest: its data was not backed up');
    const where = `the backup of etcd database is stored here:(${backup})`;
    if (members > 1) {
      throw new Error(
        `fatal error rolling back local etcd cluster manifest: ${first}, ${where}. The data of one of ${members} members is not put back: run "kubeadm reset" on this machine and join it again, and it gets the data of the others`,
      );
    }
    output.out('[upgrade/etcd] Rolling back etcd data\n');
    try {
      await putDataBack(context, backup);
    } catch (error) {
      signal.throwIfAborted();
      throw new Error(`fatal error rolling back local etcd cluster datadir: ${messagesOf(error)}, ${where}`, {
        cause: error,
      });
    }
    output.out('[upgrade/etcd] Etcd data rollback successful\n');
    const second = await whyUnavailable(context, signal);
    if (second !== undefined) {
      output.err(`[upgrade/etcd] Failed to healthcheck previous etcd: ${second}\n`);
      throw new Error(`fatal error rolling back local etcd cluster manifest: ${second}, ${where}`);
    }
  }
  output.out('[upgrade/etcd] Etcd was rolled back and is now available\n');
}

/** The reason why etcd has not become available within a component's timeout; undefined if it has. */
async function whyUnavailable({ init }: UpgradeContext, signal: AbortSignal): Promise<string | undefined> {
  init.output.out('[upgrade/etcd] Waiting for previous etcd to become available\n');
  const check = componentChecks(init.config).find(({ component }) => component === 'etcd');
  if (check === undefined) return undefined;
  const timeoutMs = init.config.timeouts.controlPlaneComponentHealthCheckMs;
  try {
    await poll(() => healthy(check, init, signal), { clock: init.clock, timeoutMs, signal });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return messagesOf(error);
  }
}

/**
 * The kubelet is stopped so that nothing starts etcd: the running one ends before its data are replaced, and the next one sees only the copy.
 * The folder itself stays, because it may be a mount point. If the replacement fails half-way the kubelet stays stopped: an etcd without data would
 * start an empty cluster, and the nodes would delete all their pods.
 */
async function putDataBack({ init, pods }: UpgradeContext, backup: string): Promise<void> {
  const { storage } = init.config.cluster;
  if (storage.kind !== 'stacked-etcd')
    throw new Error(`there is no etcd of this cluster, but storage "${storage.kind}"`);
  const { dataDir } = storage;
  const run = async (program: string, args: readonly string[]): Promise<void> => {
    const { code, stderr } = await init.host.commands.run(program, args, { limitMs: copyLimitMs });
    if (code !== 0) throw new Error(stderr.trim() || `${program}: exit code ${code}`);
  };
  const kubelet = await kubeletService(init.host);
  await kubelet.stop();
  let isWhole = true;
  try {
    const runtime = await pods(init.config.node.criSocket);
    try {
      const labels = {
        'io.kubernetes.pod.namespace': 'kube-system',
        'io.kubernetes.pod.name': `etcd-${init.config.node.name}`,
      };
      for (const id of await runtime.list(labels)) await runtime.remove(id);
    } finally {
      runtime.close();
    }
    await init.host.files.makeFolder(`${backup}/etcd-failed`);
    isWhole = false;
    await run('find', [
      dataDir,
      ...'-mindepth 1 -maxdepth 1 -exec mv -t'.split(' '),
      `${backup}/etcd-failed`,
      '{}',
      '+',
    ]);
    await run('cp', ['-a', `${backup}/etcd/.`, dataDir]);
    isWhole = true;
  } catch (error) {
    if (isWhole) throw error;
    throw new Error(
      `${messagesOf(error)}; the kubelet is stopped, so that no etcd starts without its data: copy what is in "${backup}/etcd" to "${dataDir}", then start it`,
      { cause: error },
    );
  } finally {
    if (isWhole) await kubelet.start();
  }
}
