import { messagesOf } from '@typernetes/base';
import { kubeletService } from '../kubelet/service.ts';
import { logStep } from '../log-lines.ts';
import { kubeletFolder, kubernetesFolder, manifestsFolder, storeFolder } from '../paths.ts';
import type { Phase } from '../phase.ts';
import { runChecks } from '../preflight/check.ts';
import { isRoot } from '../preflight/checks.ts';
import { mountsBelow } from '../reset/mounts.ts';
import { cleanUpNetwork } from '../reset/network-cleanup.ts';
import type { ResetContext } from '../reset/reset-context.ts';
import { etcdDataFolders, removeEtcdMemberPhase } from './remove-etcd-member.ts';

/** The kubelet's drop-in for systemd-logind: how long it may delay a shutdown. */
const loginManagerSettings = '/etc/systemd/logind.conf.d/99-kubelet.conf';

/** The phases of `kubeadm reset`, in order. */
export const resetPhases: readonly Phase<ResetContext>[] = [
  {
    name: 'preflight',
    short: 'Run reset pre-flight checks',
    async run({ host, output, config, dryRun, ask }) {
      if (!config.force && !dryRun) {
        output.err(
          "[reset] WARNING: Changes made to this host by 'kubeadm init' or 'kubeadm join' will be reverted.\n",
        );
        output.out('[reset] Are you sure you want to proceed? [y/N]: ');
        if (!/^y(es)?$/i.test((await ask()).trim())) {
          throw new Error("won't proceed; the user didn't answer (Y|y) in order to continue");
        }
      }
      output.out('[preflight] Running pre-flight checks\n');
      await runChecks([isRoot], { host, output }, config.ignorePreflightErrors);
    },
  },
  removeEtcdMemberPhase,
  { name: 'cleanup-node', short: 'Run cleanup node.', run: cleanUp },
];

async function cleanUp(context: ResetContext, signal: AbortSignal): Promise<void> {
  const { host, output, config, dryRun } = context;
  const etcdFolders = await etcdDataFolders(host);
  const folders = [manifestsFolder, kubeletFolder, config.certificatesDir, storeFolder, ...etcdFolders];
  if (config.cleanupTmpDir) folders.push(`${kubernetesFolder}/tmp`);
  const files = ['admin', 'super-admin', 'kubelet', 'bootstrap-kubelet', 'controller-manager', 'scheduler'].map(
    (name) => `${kubernetesFolder}/${name}.conf`,
  );
  if (dryRun) {
    output.out(`[dryrun] Would stop the kubelet service
[dryrun] Would remove Kubernetes-managed containers
[dryrun] Would unmount mounted directories in "${kubeletFolder}"
[dryrun] Would delete contents of directories: [${folders.join(' ')}]
[dryrun] Would delete files: [${files.join(' ')}]
[dryrun] Would remove the network of the pods and the packet rules of Services
[dryrun] Would remove the service of the kubelet that kubeadm has installed
`);
    return;
  }
  await stopKubelet(context);
  await removePods(context, signal);
  context.left.what = [...(await cleanUpNetwork(context)), 'kubeconfig files'];
  output.out(`[reset] Unmounting mounted directories in "${kubeletFolder}"\n`);
  const isUnmounted = await unmountBelow(context, kubeletFolder);
  // Remaining mounts are volumes, whose contents would be deleted.
  const emptied = isUnmounted ? folders : folders.filter((folder) => folder !== kubeletFolder);
  if (!isUnmounted) {
    output.err(
      `[reset] WARNING: Failed to unmount mounted directories in ${kubeletFolder}: its contents stay. Unmount them and run "kubeadm reset phase cleanup-node" again\n`,
    );
  }
  output.out(`[reset] Deleting contents of directories: [${emptied.join(' ')}]\n`);
  for (const folder of emptied) await emptyFolder(context, folder);
  output.out(`[reset] Deleting files: [${files.join(' ')}]\n`);
  for (const file of files) {
    await host.files
      .remove(file)
      .catch((error: unknown) =>
        output.err(`[reset] WARNING: Failed to remove file: "${file}" [${messagesOf(error)}]\n`),
      );
  }
}

/** Removes what it can, and reports what cannot be removed, for example a mount point. */
async function emptyFolder({ host, output }: ResetContext, folder: string): Promise<void> {
  const remove = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const name of await host.files.list(folder)) {
      await host.files.remove(`${folder}/${name}`).catch((error: unknown) => void failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  await remove().catch((error: unknown) =>
    output.err(`[reset] WARNING: Failed to delete contents of "${folder}" directory: ${messagesOf(error)}\n`),
  );
}

/** Removes the service that kubeadm has installed; one from a package stays. */
async function stopKubelet({ host, output }: ResetContext): Promise<void> {
  logStep(output, 'cleanupnode.go:69', '[reset] Getting init system');
  output.out('[reset] Stopping the kubelet service\n');
  try {
    const service = await kubeletService(host);
    await service.stop();
    await service.uninstall();
    await host.files.remove(loginManagerSettings);
  } catch (error) {
    output.err(
      `[reset] WARNING: The kubelet service could not be stopped by kubeadm: ${messagesOf(error)}\n[reset] Please ensure kubelet is stopped manually\n`,
    );
  }
}

/** Upstream's number of attempts to remove a pod (kubeadmconstants.RemoveContainerRetry). */
const removalAttempts = 5;

async function removePods({ config, output, pods }: ResetContext, signal: AbortSignal): Promise<void> {
  logStep(output, 'cleanupnode.go:100', '[reset] Removing Kubernetes-managed containers');
  const failures: string[] = [];
  try {
    const runtime = await pods(config.criSocket);
    try {
      for (const id of await runtime.list()) {
        for (let attempt = 1; ; attempt++) {
          const failure = await runtime.remove(id).then(() => undefined, messagesOf);
          signal.throwIfAborted();
          if (failure === undefined) break;
          if (attempt < removalAttempts) continue;
          failures.push(`failed to remove pod ${id}: ${failure}`);
          break;
        }
      }
    } finally {
      runtime.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    failures.push(messagesOf(error));
  }
  if (failures.length > 0) output.err(`[reset] WARNING: Failed to remove containers: ${failures.join('; ')}\n`);
}

/** Whether everything below the folder could be unmounted. */
async function unmountBelow({ host, output, config }: ResetContext, folder: string): Promise<boolean> {
  // The folder itself may be a mount point that the administrator made: it stays mounted.
  const points = mountsBelow((await host.files.read('/proc/mounts')) ?? '', folder).filter((point) => point !== folder);
  const unknown = config.unmountFlags.filter((flag) => !Object.hasOwn(umountOptions, flag));
  if (unknown.length > 0) {
    output.err(`[reset] WARNING: The program umount has no option for the unmount flags [${unknown.join(' ')}]\n`);
  }
  let isClear = true;
  for (const point of points) {
    const failure = await host.commands
      .run('umount', [...unmountOptions(config.unmountFlags), point])
      .then(({ code, stderr }) => (code === 0 ? undefined : stderr.trim()), messagesOf);
    if (failure === undefined) continue;
    isClear = false;
    output.err(`[reset] WARNING: Failed to unmount "${point}": ${failure}\n`);
  }
  return isClear;
}

/** The flags of umount(2) that the umount program has; it has none for MNT_EXPIRE and UMOUNT_NOFOLLOW. */
const umountOptions: Readonly<Record<string, string>> = { MNT_FORCE: '-f', MNT_DETACH: '-l' };

const unmountOptions = (flags: readonly string[]): string[] => flags.flatMap((flag) => umountOptions[flag] ?? []);
