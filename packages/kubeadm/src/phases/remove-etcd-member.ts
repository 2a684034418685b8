import type { Pod } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import { decodeDocument } from '@typernetes/process';
import { poll } from '../cluster/poll.ts';
import { EtcdMembers, etcdClientMaterial } from '../etcd/etcd-members.ts';
import { knownEtcdEndpoints } from '../etcd/known-members.ts';
import type { Host } from '../host.ts';
import type { Phase } from '../phase.ts';
import type { ResetContext } from '../reset/reset-context.ts';
import { etcdManifest } from './etcd.ts';

/** Takes this machine's member out of the cluster, so that the others do not count on a vote that never comes again. */
export const removeEtcdMemberPhase: Phase<ResetContext> = {
  name: 'remove-etcd-member',
  short: 'Remove a local etcd member.',
  async run(context, signal) {
    const { host, output } = context;
    const pod = await etcdPod(host);
    if (!pod) return;
    if (context.dryRun) {
      output.out('[dryrun] Would remove the etcd member on this node from the etcd cluster\n');
      return;
    }
    try {
      await removeMember(context, pod, signal);
    } catch (error) {
      signal.throwIfAborted();
      output.err(
        `[reset] WARNING: Failed to remove etcd member: ${messagesOf(error)}\n[reset] Please manually remove this etcd member using etcdctl\n`,
      );
    }
  },
};

async function removeMember(context: ResetContext, pod: Pod, signal: AbortSignal): Promise<void> {
  const { host, output, clock, config } = context;
  const kubeconfig = await host.files.read(context.kubeconfig);
  if (kubeconfig === undefined) throw new Error(`open ${context.kubeconfig}: no such file or directory`);
  const client = context.connect(kubeconfig);
  try {
    const own = argumentOf(pod, 'initial-advertise-peer-urls');
    const ownClient = argumentOf(pod, 'advertise-client-urls');
    const endpoints = await knownEtcdEndpoints(client, signal);
    // Ours is about to go: the others are asked first.
    endpoints.sort((a, b) => Number(a === ownClient) - Number(b === ownClient));
    const tls = await etcdClientMaterial(host.files, config.certificatesDir);
    const members = new EtcdMembers(host.network, { tls, endpoints });
    const present = await members.list(signal);
    const ours = present.find(({ peerUrls }) => own !== undefined && peerUrls.includes(own));
    if (!ours) return;
    if (present.length === 1) {
      output.out('[reset] This is the only etcd member: its data goes with the machine\n');
      return;
    }
    // etcd refuses while any of its members came back only a moment ago.
    await poll(() => members.remove(ours.id, signal).then(() => true), {
      clock,
      timeoutMs: config.timeouts.etcdApiCallMs,
      signal,
      everyMs: 500,
    });
    output.out(`[reset] Removed the etcd member "${ours.name}" from the etcd cluster\n`);
  } finally {
    client.transport.close();
  }
}

/** The folder of etcd's data on this machine, when it ran a member. */
export async function etcdDataFolders(host: Pick<Host, 'files'>): Promise<string[]> {
  const pod = await etcdPod(host);
  const folder = pod?.spec?.volumes?.find(({ name }) => name === 'etcd-data')?.hostPath?.path;
  return folder === undefined ? [] : [folder];
}

async function etcdPod(host: Pick<Host, 'files'>): Promise<Pod | undefined> {
  const text = await host.files.read(etcdManifest);
  return text === undefined ? undefined : (decodeDocument(text) as Pod);
}

function argumentOf(pod: Pod, name: string): string | undefined {
  const flag = `--${name}=`;
  const [container] = pod.spec?.containers ?? [];
  return container?.command?.find((argument) => argument.startsWith(flag))?.slice(flag.length);
}
