import { type Node, nodes, persistentvolumeclaims, persistentvolumes, pods } from '@typernetes/api/core/v1';
import { csidrivers, volumeattachments } from '@typernetes/api/storage/v1';
import { controller, readsFrom, UnseenWrites, wakeOn, wakeOnAppearance, wakeOnSpec } from '@typernetes/client';
import { findCondition, jsonEqual, keyOf } from '@typernetes/machinery';
import { claimKeysOf } from '../claims/pod-claims.ts';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { attachmentMetrics } from './metrics.ts';
import { AttachDetachReconciler } from './reconciler.ts';

const podsByNode = 'attach-detach/pods with claims by node';
const podsByClaim = 'attach-detach/pods on nodes by claim';
const byNode = 'attach-detach/node';
const byVolume = 'attach-detach/volume';

export const attachDetachController: ControllerDefinition = {
  name: 'persistentvolume-attach-detach-controller',
  serviceAccount: 'attachdetach-controller',
  build({ client, informers, events, clock, metrics, observeQueue, log, settings }) {
    const [nodeInformer, podInformer] = [informers.for(nodes), informers.for(pods)];
    const [claims, volumes] = [informers.for(persistentvolumeclaims), informers.for(persistentvolumes)];
    const [drivers, attachments] = [informers.for(csidrivers), informers.for(volumeattachments)];
    podInformer.addIndex(podsByNode, (pod) => {
      const { nodeName } = pod.spec;
      return nodeName && claimKeysOf(pod).length > 0 ? [nodeName] : [];
    });
    podInformer.addIndex(podsByClaim, (pod) => (pod.spec.nodeName ? claimKeysOf(pod) : []));
    attachments.addIndex(byNode, ({ spec }) => [spec.nodeName]);
    attachments.addIndex(byVolume, ({ spec: { source } }) =>
      source.persistentVolumeName ? [source.persistentVolumeName] : [],
    );
    const view = {
      nodes: nodeInformer.lister,
      podsOn: (node: string) => podInformer.lister.byIndex(podsByNode, node),
      lookup: {
        claim: (namespace: string, name: string) => claims.lister.get(`${namespace}/${name}`),
        volume: (name: string) => volumes.lister.get(name),
        driver: (name: string) => drivers.lister.get(name),
      },
      attachments: attachments.lister,
    };
    const reconciler = new AttachDetachReconciler({
      ...view,
      attachmentsOn: (node) => attachments.lister.byIndex(byNode, node),
      attachmentsOf: (volume) => attachments.lister.byIndex(byVolume, volume),
      unseen: new UnseenWrites(attachments),
      client: client.resource(volumeattachments),
      nodeClient: client.resource(nodes),
      events: events('attachdetach-controller'),
      clock,
      log,
      forced: attachmentMetrics(metrics, view),
      forceOnTimeout: settings.forceDetachOnTimeout,
    });
    const nodesOfClaim = (key: string): string[] =>
      podInformer.lister.byIndex(podsByClaim, key).flatMap(({ spec }) => spec.nodeName ?? []);
    const nodesOfVolume = (name: string): string[] => {
      const ref = volumes.lister.get(name)?.spec?.claimRef;
      return ref ? nodesOfClaim(`${ref.namespace}/${ref.name}`) : [];
    };
    const wakes = [
      wakeOnSpec(nodeInformer, keyOf, { orWhen: changesAttachments }),
      wakeOn(podInformer, (pod) => (claimKeysOf(pod).length > 0 ? pod.spec.nodeName || undefined : undefined)),
      wakeOnAppearance(claims, (claim) => nodesOfClaim(keyOf(claim))),
      wakeOnAppearance(volumes, ({ metadata }) => nodesOfVolume(metadata.name)),
      // A volume that becomes free may go to the node that was refused.
      wakeOn(attachments, ({ spec }) => [spec.nodeName, ...nodesOfVolume(spec.source.persistentVolumeName ?? '')]),
      readsFrom(drivers),
    ];
    return controller({ reconciler, wakes, workers: 1, clock, log, observeQueue });
  },
};

/** Heartbeats do not count. */
function changesAttachments(node: Node, old: Node): boolean {
  const isReady = (of: Node): boolean => findCondition(of.status?.conditions, 'Ready')?.status === 'True';
  return (
    isReady(node) !== isReady(old) ||
    !jsonEqual(node.status?.volumesInUse, old.status?.volumesInUse) ||
    !jsonEqual(node.status?.volumesAttached, old.status?.volumesAttached) ||
    !jsonEqual(node.metadata.annotations, old.metadata.annotations)
  );
}
