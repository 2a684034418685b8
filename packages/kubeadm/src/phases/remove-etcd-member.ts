import type { Pod } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import { decodeDocument } from '@typernetes/process';
import { connectByFile } from '../cluster/connect.ts';
import { patientClient, shortPatience } from '../cluster/patient-transport.ts';
import { poll } from '../cluster/poll.ts';
import { EtcdMembers, etcdClientMaterial } from '../etcd/etcd-members.ts';
import { knownEtcdEndpoints } from '../etcd/known-members.ts';
import type { Host } from '../host.ts';
import { logStep } from '../log-lines.ts';
import type { Phase } from '../phase.ts';
import type { ResetContext } from '../reset/reset-context.ts';
import { etcdManifest } from './etcd.ts';

/** Removes this machine's member from the cluster, so that the quorum does not count a member that is gone. */
export const removeEtcdMemberPhase: Phase<ResetContext> = {
  name: 'remove-etcd-member',
  short: 'Remove a local etcd member.',
  async run(context, signal) {
    const { host, output } = context;
    logStep(output, 'removeetcdmember.go:62', '[reset] Checking for etcd config');
    const pod = await etcdPod(host);
    if (!pod) return;
    if (context.dryRun) {
      output.out('[dryrun] Would remove the etcd member on this node from the etcd cluster\n');
      return;
    }
    const own = argumentOf(pod, 'initial-advertise-peer-urls');
    try {
      await removeMember(context, pod, signal);
    } catch (error) {
      signal.throwIfAborted();
      output.err(
        `[reset] WARNING: Failed to remove etcd member: ${messagesOf(error)}, please manually remove this etcd member using etcdctl\n${whatIsLeft(own)}`,
      );
    }
  },
};

/** The data are deleted in any case: a member that stays in the list counts as failed. */
const whatIsLeft = (peerUrl: string | undefined): string =>
  peerUrl === undefined
    ? ''
    : `[reset] If the etcd cluster has other members, the one at ${peerUrl} may still be one of them, as one that is down. On another control plane, "etcdctl member list" shows its ID and "etcdctl member remove ID" takes it out\n`;

async function removeMember(context: ResetContext, pod: Pod, signal: AbortSignal): Promise<void> {
  const { host, output, clock, config } = context;
  const own = argumentOf(pod, 'initial-advertise-peer-urls');
  const tls = await etcdClientMaterial(host.files, config.certificatesDir);
  const members = new EtcdMembers(host.network, { tls, endpoints: await endpointsOf(context, pod, signal) });
  const patience = { clock, timeoutMs: config.timeouts.etcdApiCallMs, signal, everyMs: 500 };
  const present = await poll(() => members.list(signal), {
    ...patience,
    timeoutMs: Math.min(listMs, patience.timeoutMs),
  });
  const ours = present.find(({ peerUrls }) => own !== undefined && peerUrls.includes(own));
  if (!ours) return;
  if (present.length === 1) {
    output.out('[reset] This is the only etcd member: its data goes with the machine\n');
    return;
  }
  // etcd refuses for a moment after one of its members has come back.
  await poll(() => members.remove(ours.id, signal).then(() => true), patience);
  output.out(`[reset] Removed the etcd member "${ours.name}" from the etcd cluster\n`);
}

/** A member list needs no quorum: an endpoint that does not respond in this time is down. */
const listMs = 10_000;

/**
 * etcd's endpoints: other members first, because our own is about to end. If no API server knows them, our own, which
 * may well run.
 */
async function endpointsOf(context: ResetContext, pod: Pod, signal: AbortSignal): Promise<string[]> {
  const { host, output, clock } = context;
  const ownClient = argumentOf(pod, 'advertise-client-urls');
  try {
    const impatient = await connectByFile(context.kubeconfig, { files: host.files, connect: context.connect });
    const client = patientClient(impatient, { clock, ...shortPatience });
    try {
      const endpoints = await knownEtcdEndpoints(client, signal);
      if (endpoints.length > 0) return endpoints.sort((a, b) => Number(a === ownClient) - Number(b === ownClient));
    } finally {
      client.transport.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (ownClient === undefined) throw error;
    output.err(
      `[reset] WARNING: Unable to fetch the etcd members from the API server, asking the etcd of this machine: ${messagesOf(error)}\n`,
    );
  }
  return ownClient === undefined ? [] : [ownClient];
}

/** etcd's data folder on this machine, if it ran a member. */
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
