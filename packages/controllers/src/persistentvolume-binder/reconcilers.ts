import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
} from '@typernetes/api/core/v1';
import type { StorageClass } from '@typernetes/api/storage/v1';
import { type Clock, timestamp } from '@typernetes/base';
import type { EventRecorder, Lister, Reconciler, ResourceClient, Result } from '@typernetes/client';
import { ifFound, isNotFound, jsonEqual, type ObjectKey } from '@typernetes/machinery';
import { boundClaim, boundStatus, boundVolume } from './binding.ts';
import { type EventText, planClaim } from './claim-plan.ts';
import { planVolume } from './volume-plan.ts';

interface BinderDeps {
  readonly claims: Pick<Lister<PersistentVolumeClaim>, 'get'>;
  readonly volumes: Pick<Lister<PersistentVolume>, 'get' | 'list'>;
  readonly classes: Pick<Lister<StorageClass>, 'list'>;
  readonly podsOf: (claim: ObjectKey) => readonly Pod[];
  readonly claimClient: Pick<ResourceClient<PersistentVolumeClaim>, 'get' | 'update' | 'updateStatus'>;
  readonly volumeClient: Pick<ResourceClient<PersistentVolume>, 'update' | 'updateStatus' | 'delete'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** A claim without a class was to get the default one. */
  readonly classed: (failed: boolean) => void;
  /** Whether claims are handed to the provisioners of their classes. */
  readonly provisions: boolean;
}

/** The interval at which pending claims are looked at again, to emit events while they wait. */
const remindMs = 15_000;

export function claimReconciler(deps: BinderDeps): Reconciler {
  const { claimClient, volumeClient, events, clock } = deps;

  const setPhase = async (volume: PersistentVolume): Promise<void> => {
    if (volume.status?.phase === 'Bound') return;
    const status = { ...volume.status, phase: 'Bound' as const, lastPhaseTransitionTime: timestamp(clock.now()) };
    await volumeClient.updateStatus({ ...volume, status });
  };

  /** First the volume, then the claim: a crash in between leaves a volume that names its claim. */
  const bind = async (claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> => {
    const taken = boundVolume(volume, claim);
    await setPhase(taken ? await volumeClient.update(taken) : volume);
    const given = boundClaim(claim, volume);
    const current = given ? await claimClient.update(given) : claim;
    const status = boundStatus(current, volume);
    if (!jsonEqual(status, current.status)) await claimClient.updateStatus({ ...current, status: status ?? {} });
  };

  const update = async (claim: PersistentVolumeClaim, next: PersistentVolumeClaim): Promise<void> => {
    const getsClass = next.spec?.storageClassName !== claim.spec?.storageClassName;
    try {
      await claimClient.update(next);
    } catch (error) {
      if (getsClass) deps.classed(true);
      throw error;
    }
    if (getsClass) deps.classed(false);
  };

  return {
    name: 'persistentvolume-binder-controller',
    async reconcile(key): Promise<Result> {
      const claim = deps.claims.get(key);
      if (!claim) return {};
      const waiting = deps.podsOf(key).filter(({ spec }) => !spec.nodeName);
      const plan = planClaim(claim, {
        volumes: deps.volumes.list(),
        volume: (name) => deps.volumes.get(name),
        classes: deps.classes.list(),
        waiting: waiting.map(({ metadata }) => metadata.name),
        provisions: deps.provisions,
      });
      if (plan.do === 'bind') {
        await bind(claim, plan.volume);
        return {};
      }
      if (plan.do === 'update') await update(claim, plan.claim);
      else if (claim.status?.phase !== plan.phase) {
        // The claim no longer has a volume, so its status is reset.
        const { capacity: _, accessModes: __, ...rest } = claim.status ?? {};
        await claimClient.updateStatus({ ...claim, status: { ...rest, phase: plan.phase } });
      }
      const isNews = plan.do === 'update' || plan.phase !== 'Lost' || claim.status?.phase !== 'Lost';
      if (isNews) record(events, { kind: persistentvolumeclaims.kind, object: claim }, plan.event);
      return plan.event && plan.do === 'settle' && plan.phase === 'Pending' ? { requeueAfterMs: remindMs } : {};
    },
  };
}

export function volumeReconciler(deps: BinderDeps & { readonly wakeClaim: (key: ObjectKey) => void }): Reconciler {
  const { claimClient, volumeClient, events, clock, wakeClaim } = deps;

  /** Before a volume is released, which may delete its data, the claim is read from the server itself. */
  const claimOf = async ({ spec }: PersistentVolume): Promise<PersistentVolumeClaim | undefined> => {
    const { name = '', namespace = '', uid } = spec?.claimRef ?? {};
    if (!uid) return undefined;
    const known = deps.claims.get(`${namespace}/${name}`);
    if (known?.metadata.uid === uid) return known;
    try {
      const fresh = await claimClient.get({ name, namespace });
      return fresh.metadata.uid === uid ? fresh : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  const deleteVolume = async ({ metadata: { name, uid, deletionTimestamp } }: PersistentVolume): Promise<void> => {
    if (deletionTimestamp !== undefined) return;
    await ifFound(volumeClient.delete({ name }, { preconditions: { uid } }));
  };

  return {
    name: 'persistentvolume-binder-controller volumes',
    async reconcile(key): Promise<Result> {
      const volume = deps.volumes.get(key);
      if (!volume) return {};
      const plan = planVolume(volume, await claimOf(volume));
      if (plan.do === 'unbind') await volumeClient.update(plan.volume);
      else if (plan.do === 'delete') await deleteVolume(volume);
      else if (plan.do === 'wake') {
        const { name, namespace } = volume.spec?.claimRef ?? {};
        wakeClaim(`${namespace}/${name}`);
        record(events, { kind: persistentvolumes.kind, object: volume }, plan.event);
      } else if (volume.status?.phase !== plan.phase) {
        const message = plan.event ? { message: plan.event.message } : {};
        const { message: _, ...rest } = volume.status ?? {};
        const status = { ...rest, phase: plan.phase, ...message, lastPhaseTransitionTime: timestamp(clock.now()) };
        await volumeClient.updateStatus({ ...volume, status });
        record(events, { kind: persistentvolumes.kind, object: volume }, plan.event);
      }
      return {};
    },
  };
}

function record(
  events: EventRecorder,
  { kind, object }: { kind: string; object: PersistentVolume | PersistentVolumeClaim },
  event: EventText | undefined,
): void {
  if (event)
    events.event({ apiVersion: 'v1', kind, metadata: object.metadata }, event.type, event.reason, event.message);
}
