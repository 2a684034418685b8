import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nodes, type PersistentVolumeClaim, persistentvolumeclaims, persistentvolumes } from '@typernetes/api/core/v1';
import { type StorageClass, storageclasses, volumeattachments } from '@typernetes/api/storage/v1';
import { type Clock, type Logger, messageOf, type Runnable } from '@typernetes/base';
import {
  type ApiClient,
  controller,
  type EventRecorder,
  type Informers,
  type Reconciler,
  readsFrom,
  wakeOn,
} from '@typernetes/client';
import { ifFound, isAlreadyExists, isConflict, keyOf } from '@typernetes/machinery';
import { targetOf } from './claim-target.ts';
import { removeDirectory } from './node-service.ts';
import { resizer } from './resizer.ts';
import {
  claimProblem,
  isFree,
  isOurs,
  isToRemove,
  isUnchosen,
  mayTake,
  selectedNodeAnnotation,
  turnMs,
  volumeFor,
  volumeNameOf,
} from './volume-plan.ts';

export interface ProvisionerOptions {
  readonly nodeName: string;
  /** The directory that holds the volumes. */
  readonly baseDir: string;
  readonly client: Pick<ApiClient, 'resource'>;
  readonly informers: Informers;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The longest retry delay of CSI controllers (upstream's external provisioner: --retry-interval-max). */
const maxRetryMs = 300_000;

/** How often a node that may take no claims looks whether it may now. */
const closedMs = 30_000;

/** Creates volumes for claims scheduled to this node, expands them, and deletes released ones. */
export function provisioner(options: ProvisionerOptions): readonly Runnable[] {
  const { informers, clock, log } = options;
  const loop = (reconciler: Reconciler, wakes: readonly ReturnType<typeof wakeOn>[]): Runnable =>
    controller({ reconciler, wakes: [...wakes], workers: 2, maxRetryMs, clock, log });
  return [
    loop(taker(options), [wakeOn(informers.for(persistentvolumeclaims), keyOf)]),
    loop(maker(options), [wakeOn(informers.for(persistentvolumeclaims), keyOf)]),
    loop(remover(options), [wakeOn(informers.for(persistentvolumes), keyOf)]),
    loop(resizer(options), [
      wakeOn(informers.for(persistentvolumeclaims), keyOf),
      readsFrom(informers.for(persistentvolumes)),
    ]),
  ];
}

/**
 * Chooses this node for claims that are bound at once, before a pod uses them. Every node tries; the API server lets one
 * of them succeed.
 */
function taker({ nodeName, client, informers, clock }: ProvisionerOptions): Reconciler {
  const claims = informers.for(persistentvolumeclaims).lister;
  const classOf = (claim: PersistentVolumeClaim): Promise<StorageClass | undefined> =>
    ifFound(client.resource(storageclasses).get({ name: claim.spec?.storageClassName ?? '' }));
  const since = new Map<string, number>();
  return {
    name: 'taker',
    async reconcile(key) {
      const claim = claims.get(key);
      const storageClass = claim && isUnchosen(claim) ? await classOf(claim) : undefined;
      if (!claim || !storageClass || !isFree(claim, storageClass)) {
        since.delete(key);
        return {};
      }
      const now = clock.monotonic();
      const begin = since.get(key) ?? now;
      since.set(key, begin);
      const waitMs = begin + turnMs(claim, nodeName) - now;
      if (waitMs > 0) return { requeueAfterMs: waitMs };
      if (!mayTake(await client.resource(nodes).get({ name: nodeName }), storageClass))
        return { requeueAfterMs: closedMs };
      const { namespace, name, resourceVersion } = claim.metadata;
      const metadata = { resourceVersion, annotations: { [selectedNodeAnnotation]: nodeName } };
      try {
        await ifFound(
          client.resource(persistentvolumeclaims).patch({ namespace, name }, { metadata }, { type: 'merge' }),
        );
      } catch (error) {
        // Another node has it, or the claim has changed: then it is looked at again.
        if (!isConflict(error)) throw error;
      }
      return {};
    },
  };
}

function maker({ nodeName, baseDir, client, informers, recorder }: ProvisionerOptions): Reconciler {
  const claims = informers.for(persistentvolumeclaims).lister;
  return {
    name: 'provisioner',
    async reconcile(key) {
      const claim = claims.get(key);
      if (!claim || !isOurs(claim, nodeName)) return {};
      const storageClass = await client.resource(storageclasses).get({ name: claim.spec?.storageClassName ?? '' });
      const problem = claimProblem(claim);
      const record = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
        recorder.event(targetOf(claim), type, reason, message);
      if (problem !== undefined) {
        record(
          'Warning',
          'ProvisioningFailed',
          `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${problem}`,
        );
        return {};
      }
      record('Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${key}"`);
      // The directory first, because a volume that is visible in the API may be used.
      const directory = join(baseDir, volumeNameOf(claim));
      await mkdir(directory, { recursive: true });
      // Whatever the umask: the pod may run as any user.
      await chmod(directory, 0o777);
      try {
        await client.resource(persistentvolumes).create(volumeFor(claim, storageClass, nodeName) as never);
      } catch (error) {
        // An earlier attempt succeeded but its response was lost.
        if (!isAlreadyExists(error)) {
          record(
            'Warning',
            'ProvisioningFailed',
            `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${messageOf(error)}`,
          );
          throw error;
        }
      }
      record('Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volumeNameOf(claim)}`);
      return {};
    },
  };
}

function remover({ nodeName, baseDir, client, informers, log }: ProvisionerOptions): Reconciler {
  const volumes = informers.for(persistentvolumes).lister;
  return {
    name: 'remover',
    async reconcile(key) {
      const volume = volumes.get(key);
      if (!volume || !isToRemove(volume, nodeName)) return {};
      const { items } = await client.resource(volumeattachments).list();
      if (items.some(({ spec }) => spec.source.persistentVolumeName === volume.metadata.name))
        throw new Error(`Cannot remove volume "${volume.metadata.name}": it is attached`);
      await removeDirectory(join(baseDir, volume.spec?.csi?.volumeHandle ?? ''));
      await ifFound(client.resource(persistentvolumes).delete({ name: volume.metadata.name }));
      log.info('Removed volume', { volume: volume.metadata.name });
      return {};
    },
  };
}
