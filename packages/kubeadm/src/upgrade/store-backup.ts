import { messagesOf } from '@typernetes/base';
import { readBody } from '@typernetes/client';
import { copyLimitMs } from '../command-limits.ts';
import { kubernetesFolder } from '../paths.ts';
import type { UpgradeContext } from './upgrade-context.ts';

/**
 * Backs up the cluster's store before anything changes: copies etcd's data folder, or takes a snapshot of the embedded store
 * (`typernetes store restore` takes it). Resolves to the path of the copy below the backup folder. Throws if the backup fails. External etcd is
 * its administrator's to back up: then there is no path.
 */
export async function backUpStore(
  context: UpgradeContext,
  { moment, signal }: { moment: string; signal: AbortSignal },
): Promise<string | undefined> {
  const { init, config } = context;
  const { host, output } = init;
  const { storage } = init.config.cluster;
  if (storage.kind === 'external-etcd') return undefined;
  if (storage.kind === 'stacked-etcd') {
    if (!config.etcdUpgrade) return undefined;
    const folder = `${kubernetesFolder}/tmp/kubeadm-backup-etcd-${moment}`;
    output.out(`[upgrade/etcd] Backing up the data of etcd to "${folder}"\n`);
    await host.files.makeFolder(folder);
    const { code, stderr } = await host.commands.run('cp', ['-a', storage.dataDir, `${folder}/etcd`], {
      limitMs: copyLimitMs,
    });
    if (code !== 0) throw new Error(`failed to back up etcd data: ${stderr.trim()}`);
    return folder;
  }
  const file = `${kubernetesFolder}/tmp/kubeadm-backup-store-${moment}/store.db`;
  output.out(`[upgrade/store] Backing up the embedded store to "${file}"\n`);
  const response = await context.client.transport.request({
    method: 'GET',
    path: '/typernetes/store/snapshot',
    signal,
  });
  if (response.status !== 200) {
    const said = Buffer.from(await readBody(response)).toString('utf8');
    throw new Error(`failed to back up the store: the API server answers ${response.status}: ${said.slice(0, 200)}`);
  }
  try {
    await host.files.save(file, response.body, { mode: 0o600 });
  } catch (error) {
    throw new Error(`failed to back up the store: ${messagesOf(error)}`, { cause: error });
  }
  return file;
}
