import { messagesOf } from '@typernetes/base';
import { encodeYaml, formatDuration } from '@typernetes/process';
import { clientOf } from '../cluster/admin-client.ts';
import { poll } from '../cluster/poll.ts';
import type { StackedEtcd } from '../config/internal.ts';
import { type EtcdMember, EtcdMembers, etcdClientMaterial } from '../etcd/etcd-members.ts';
import { etcdPeerUrl } from '../etcd/etcd-urls.ts';
import { knownEtcdEndpoints } from '../etcd/known-members.ts';
import type { InitContext } from '../init-context.ts';
import type { JoinContext } from '../join/join-context.ts';
import { lastContainerLogLines } from '../kubelet/container-logs.ts';
import { etcdPod, type InitialMember } from '../manifests/etcd.ts';
import type { Phase } from '../phase.ts';
import { etcdManifest } from './etcd.ts';

/** A joining member first replicates the data as a learner, so that the quorum does not depend on it before it is complete. */
export const etcdJoinPhase: Phase<JoinContext> = {
  name: 'etcd-join',
  short: 'Join etcd for control plane nodes',
  skipIf: ({ config }) => (config.controlPlane ? undefined : 'this machine joins as a worker'),
  async run(context, signal) {
    const init = await context.asControlPlane(signal);
    const { storage } = init.config.cluster;
    if (storage.kind === 'stacked-etcd') await joinEtcd(init, storage, signal);
  },
};

async function joinEtcd(context: InitContext, etcd: StackedEtcd, signal: AbortSignal): Promise<void> {
  const { config, host, output, clock, patches } = context;
  const { etcdApiCallMs: timeoutMs } = config.timeouts;
  const patience = { clock, timeoutMs, signal, everyMs: 200 };
  const peerUrl = etcdPeerUrl(config.localEndpoint.advertiseAddress);
  const client = await clientOf(context);
  const endpoints = await poll(async () => {
    const found = await knownEtcdEndpoints(client, signal);
    if (found.length === 0) throw new Error('there are no pods of etcd in the "kube-system" Namespace');
    return found;
  }, patience);
  const tls = await etcdClientMaterial(host.files, config.cluster.certificatesDir);
  const cluster = new EtcdMembers(host.network, { tls, endpoints });
  output.out('[etcd] Checking that the etcd cluster is healthy\n');
  if (context.dryRun) return wouldJoin(context, { peerUrl });
  const present = await poll(() => cluster.list(signal), patience);
  const isOurs = (member: EtcdMember): boolean => member.peerUrls.includes(peerUrl);
  // etcd allows one learner at a time: wait for another machine that is joining.
  const announce = async (): Promise<EtcdMember[]> => {
    const now = await cluster.list(signal);
    // Left by an earlier join, or by an attempt whose response was lost.
    return now.some(isOurs) ? now : cluster.addLearner(peerUrl, signal);
  };
  const members = present.some(isOurs)
    ? present
    : await poll(announce, patience).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new Error(
          `the etcd member at ${peerUrl} could not be added to the etcd cluster: ${messagesOf(error)}; run "kubeadm reset" on this machine and join again: should the member be there already, it is taken over`,
        );
      });
  output.out('[etcd] Announced new etcd member joining to the existing etcd cluster\n');
  output.out(`[etcd] Creating static Pod manifest for "etcd"\n`);
  const initial = initialCluster(members, { name: config.node.name, peerUrl });
  await host.files.makeFolder(etcd.dataDir, { mode: 0o700 });
  await host.files.write(etcdManifest, encodeYaml(await patches.apply('etcd', etcdPod(config, etcd, initial))), {
    mode: 0o600,
  });
  const added = members.find(isOurs);
  if (!added?.learner) return;
  output.out(
    `[etcd] Waiting for the new etcd member to join the cluster. This can take up to ${formatDuration(timeoutMs)}\n`,
  );
  try {
    await poll(() => cluster.promote(added.id, signal).then(() => true), patience);
  } catch (error) {
    signal.throwIfAborted();
    const lines = await lastContainerLogLines(host.files, { component: 'etcd', count: 10 });
    if (lines.length > 0) output.err(`\nThe last words of etcd:\n${lines.map((line) => `\t${line}\n`).join('')}\n`);
    throw new Error(
      `the new etcd member "${added.id}" at ${peerUrl} could not be made a voter and stays a learner: ${messagesOf(error)}; "kubeadm reset" on this machine takes it out of the etcd cluster again`,
    );
  }
}

/** The dry run of a join. It adds no member: one that never starts would cost the cluster a vote. */
async function wouldJoin({ output }: InitContext, { peerUrl }: { peerUrl: string }): Promise<void> {
  output.out(
    `[dryrun] Would add the etcd member ${peerUrl} as a learner, write "${etcdManifest}" and promote the member\n`,
  );
}

/** All members by name and peer URL; a new one has no name before its start. */
function initialCluster(members: readonly EtcdMember[], own: InitialMember): InitialMember[] {
  return members.flatMap(({ name, peerUrls }) =>
    peerUrls.map((peerUrl) => ({ name: peerUrl === own.peerUrl ? own.name : name, peerUrl })),
  );
}
