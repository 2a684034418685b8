import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentvolumeclaims,
  persistentvolumes,
} from '@typernetes/api/core/v1';
import { keyOf } from '@typernetes/machinery';
import type { Placed } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { isFullyBound, selectedNodeAnnotation } from './claims.ts';
import { isReachable } from './match-volume.ts';
import type { VolumePlan } from './plan.ts';
import type { StorageView } from './storage-view.ts';

/** Carries out volume plans: in memory at once, at the API when the pod is bound. */
export class VolumeBinder {
  readonly #handle: Pick<PluginHandle, 'client' | 'informers' | 'clock'>;
  readonly #storage: StorageView;
  readonly #timeoutMs: number;

  constructor(handle: Pick<PluginHandle, 'client' | 'informers' | 'clock'>, storage: StorageView, timeoutMs: number) {
    this.#handle = handle;
    this.#storage = storage;
    this.#timeoutMs = timeoutMs;
  }

  /** Reserves what the plan uses, so that it is not offered to the next pod. */
  assume({ bindings, provisions }: VolumePlan, node: string): void {
    for (const { claim, volume } of bindings)
      this.#storage.volumes.assume(volume.metadata.name, promised(volume, claim));
    for (const claim of provisions) this.#storage.claims.assume(keyOf(claim), selected(claim, node));
  }

  forget({ bindings, provisions }: VolumePlan): void {
    for (const { volume } of bindings) this.#storage.volumes.forget(volume.metadata.name);
    for (const claim of provisions) this.#storage.claims.forget(keyOf(claim));
  }

  /** Writes the plan and waits until the volume controller and provisioners have done their part. */
  async bind(plan: VolumePlan, placed: Placed, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#handle;
    const volumes = client.resource<PersistentVolume>(persistentvolumes);
    const claims = client.resource<PersistentVolumeClaim>(persistentvolumeclaims);
    await Promise.all([
      ...plan.bindings.map(({ claim, volume }) => volumes.update(promised(volume, claim), { signal })),
      ...plan.provisions.map((claim) => claims.update(selected(claim, placed.node.name), { signal })),
    ]);
    const written = [...plan.bindings.map(({ claim }) => claim), ...plan.provisions];
    const provisioned = new Set(plan.provisions.map(keyOf));
    await new Promise<void>((resolve, reject) => {
      const settle = (finish: () => void): void => {
        cancel();
        stop();
        signal.removeEventListener('abort', aborted);
        finish();
      };
      const aborted = (): void => settle(() => reject(signal.reason));
      const look = (): void => {
        try {
          if (written.every((claim) => this.#isDone(claim, { placed, provisioned }))) settle(resolve);
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const cancel = clock.after(this.#timeoutMs, () =>
        settle(() => reject(new Error('binding volumes: timed out waiting for the condition'))),
      );
      let stop = (): void => {};
      signal.addEventListener('abort', aborted, { once: true });
      // Objects known are replayed at once: `stop` is set only afterwards.
      queueMicrotask(look);
      const informer = this.#handle.informers.for<PersistentVolumeClaim>(persistentvolumeclaims);
      stop = informer.onEvent({ updated: look, deleted: look });
    });
  }

  /** Throws when it can never be done: the provisioner gave up the node, or the claim is gone. */
  #isDone(
    claim: PersistentVolumeClaim,
    { placed: { node }, provisioned }: { readonly placed: Placed; readonly provisioned: ReadonlySet<string> },
  ): boolean {
    const { lister } = this.#storage.claims;
    const current = lister.get(keyOf(claim));
    if (!current || current.metadata.uid !== claim.metadata.uid)
      throw new Error(`binding volumes: could not find PVC "${keyOf(claim)}"`);
    const seen = current.metadata.resourceVersion !== claim.metadata.resourceVersion;
    if (seen && provisioned.has(keyOf(claim)) && current.metadata.annotations?.[selectedNodeAnnotation] !== node.name)
      throw new Error(`binding volumes: provisioning failed for PVC "${claim.metadata.name}"`);
    if (!isFullyBound(current)) return false;
    const volume = this.#storage.volumes.lister.get(current.spec?.volumeName ?? '');
    if (volume && !isReachable(volume, node.node))
      throw new Error(`binding volumes: pv "${volume.metadata.name}" node affinity doesn't match node "${node.name}"`);
    return true;
  }
}

function promised(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion };
  const annotations = { ...volume.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' };
  return { ...volume, metadata: { ...volume.metadata, annotations }, spec: { ...volume.spec, claimRef } };
}

function selected(claim: PersistentVolumeClaim, node: string): PersistentVolumeClaim {
  const annotations = { ...claim.metadata.annotations, [selectedNodeAnnotation]: node };
  return { ...claim, metadata: { ...claim.metadata, annotations } };
}
