import { messagesOf } from '@typernetes/base';
import { kubeletService } from '../kubelet/service.ts';
import { kubeletFolder, kubernetesFolder, manifestsFolder, storeFolder } from '../paths.ts';
import type { Phase } from '../phase.ts';
import { runChecks } from '../preflight/check.ts';
import { isRoot } from '../preflight/checks.ts';
import { mountsBelow } from '../reset/mounts.ts';
import type { ResetContext } from '../reset/reset-context.ts';
import { etcdDataFolders, removeEtcdMemberPhase } from './remove-etcd-member.ts';

/** What `kubeadm reset` does, in this order. */
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
        if (!/^y$/i.test((await ask()).trim())) {
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

async function cleanUp(context: ResetContext): Promise<void> {
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
`);
    return;
  }
  await stopKubelet(context);
  await removePods(context);
  output.out(`[reset] Unmounting mounted directories in "${kubeletFolder}"\n`);
  await unmountBelow(context, kubeletFolder);
  output.out(`[reset] Deleting contents of directories: [${folders.join(' ')}]\n`);
  for (const folder of folders) {
    for (const name of await host.files.list(folder)) await host.files.remove(`${folder}/${name}`);
  }
  output.out(`[reset] Deleting files: [${files.join(' ')}]\n`);
  for (const file of files) await host.files.remove(file);
}

async function stopKubelet({ host, output }: ResetContext): Promise<void> {
  output.out('[reset] Stopping the kubelet service\n');
  try {
    await (await kubeletService(host)).stop();
  } catch (error) {
    output.err(
      `[reset] WARNING: The kubelet service could not be stopped by kubeadm: ${messagesOf(error)}\n[reset] Please ensure kubelet is stopped manually\n`,
    );
  }
}

async function removePods({ config, output, pods }: ResetContext): Promise<void> {
  try {
    const runtime = await pods(config.criSocket);
    try {
      for (const id of await runtime.list()) await runtime.remove(id);
    } finally {
      runtime.close();
    }
  } catch (error) {
    output.err(`[reset] WARNING: Failed to remove containers: ${messagesOf(error)}\n`);
  }
}

async function unmountBelow({ host, output, config }: ResetContext, folder: string): Promise<void> {
  // The folder itself may be a mount of the machine's making: that one stays.
  const points = mountsBelow((await host.files.read('/proc/mounts')) ?? '', folder).filter((point) => point !== folder);
  const unknown = config.unmountFlags.filter((flag) => !Object.hasOwn(umountOptions, flag));
  if (unknown.length > 0) {
    output.err(`[reset] WARNING: The program umount has no option for the unmount flags [${unknown.join(' ')}]\n`);
  }
  for (const point of points) {
    const { code, stderr } = await host.commands.run('umount', [...unmountOptions(config.unmountFlags), point]);
    if (code !== 0) output.err(`[reset] WARNING: Failed to unmount "${point}": ${stderr.trim()}\n`);
  }
}

/** The flags of umount(2) that the program takes; it knows none for expiring or following links. */
const umountOptions: Readonly<Record<string, string>> = { MNT_FORCE: '-f', MNT_DETACH: '-l' };

const unmountOptions = (flags: readonly string[]): string[] => flags.flatMap((flag) => umountOptions[flag] ?? []);
