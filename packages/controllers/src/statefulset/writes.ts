import { type StatefulSet, statefulsets } from '@typernetes/api/apps/v1';
import type { PersistentVolumeClaim, Pod } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import type { EventRecorder, Informer, ResourceClient, UnseenWrites } from '@typernetes/client';
import { type Draft, isAlreadyExists, isNotFound, type ObjectKey } from '@typernetes/machinery';
import { claimsOf, withRetention } from './claims.ts';
import { hasIdentity, withIdentity } from './identity.ts';
import type { Step } from './plan.ts';

interface PodWriterDeps {
  readonly podClient: Pick<ResourceClient<Pod>, 'create' | 'update' | 'delete'>;
  readonly claimClient: Pick<ResourceClient<PersistentVolumeClaim>, 'create' | 'update' | 'get'>;
  readonly claims: Pick<Informer<PersistentVolumeClaim>, 'lister'>;
  readonly events: EventRecorder;
  readonly unseen: UnseenWrites<Pod>;
}

/** Carries out the steps of a plan, with events. */
export function podWriter({ podClient, claimClient, claims, events, unseen }: PodWriterDeps) {
  const target = ({ metadata }: StatefulSet) => ({ apiVersion: 'apps/v1', kind: statefulsets.kind, metadata });

  async function told<T>(set: StatefulSet, verb: string, what: string, act: () => Promise<T>): Promise<T> {
    const reason = `${verb.charAt(0).toUpperCase()}${verb.slice(1)}`;
    const of = `${verb} ${what} in StatefulSet ${set.metadata.name}`;
    try {
      const done = await act();
      events.event(
        target(set),
        'Normal',
        `Successful${reason}`,
        `${of} ${what.startsWith('Claim') ? 'success' : 'successful'}`,
      );
      return done;
    } catch (error) {
      if (!isNotFound(error) && !isAlreadyExists(error))
        events.event(target(set), 'Warning', `Failed${reason}`, `${of} failed error: ${messageOf(error)}`);
      throw error;
    }
  }

  const provision = async (set: StatefulSet, pod: string): Promise<void> => {
    for (const draft of claimsOf(set, pod)) {
      const { name = '', namespace } = draft.metadata;
      const existing = claims.lister.get(`${namespace}/${name}`);
      if (existing?.metadata.deletionTimestamp) throw new Error(`pvc ${name} is being deleted`);
      if (existing) continue;
      await told(set, 'create', `Claim ${name} Pod ${pod}`, () => claimClient.create(draft)).catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
      });
    }
  };

  const retain = async (set: StatefulSet, pod: Pod): Promise<void> => {
    for (const { metadata } of claimsOf(set, pod.metadata.name)) {
      const existing = claims.lister.get(`${metadata.namespace}/${metadata.name}`);
      const next = existing && withRetention(set, pod, existing);
      if (next) await claimClient.update(next);
    }
  };

  const create = async (set: StatefulSet, key: ObjectKey, draft: Draft<Pod>): Promise<void> => {
    const name = draft.metadata.name ?? '';
    await provision(set, name);
    const pod = await told(set, 'create', `Pod ${name}`, () => podClient.create(draft));
    unseen.wrote(key, pod);
    await retain(set, pod);
  };

  const remove = async (set: StatefulSet, key: ObjectKey, pod: Pod): Promise<void> => {
    const { name, namespace, uid } = pod.metadata;
    try {
      await told(set, 'delete', `Pod ${name}`, () => podClient.delete({ name, namespace }, { preconditions: { uid } }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    unseen.deleted(key, pod);
  };

  return async (set: StatefulSet, key: ObjectKey, step: Step): Promise<void> => {
    if (step.do === 'create') return create(set, key, step.pod);
    if (step.do === 'remove') return remove(set, key, step.pod);
    const { name } = step.pod.metadata;
    if (step.do === 'provision') return provision(set, name);
    await retain(set, step.pod);
    if (step.do === 'retain' || hasIdentity(set, step.pod)) return;
    await provision(set, name);
    const next = withIdentity(set, step.pod);
    unseen.wrote(key, await told(set, 'update', `Pod ${name}`, () => podClient.update(next)));
  };
}
