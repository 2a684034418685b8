import type { Node, Pod } from '@typernetes/api/core/v1';
import type { VolumeAttachment } from '@typernetes/api/storage/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { EventRecorder, Lister, Reconciler, Result, UnseenWrites, Writer } from '@typernetes/client';
import { ifFound, isAlreadyExists, isConflict, isNotFound, jsonEqual, type ObjectKey } from '@typernetes/machinery';
import { multiAttachMessage } from './multi-attach.ts';
import { attachmentNameOf, volumeNameOf } from './names.ts';
import { type AttachPlan, type Detachment, type HeldVolume, planAttachments } from './plan.ts';
import { isManaged, type VolumeLookup, type WantedVolume, wantedVolumes } from './wanted.ts';

interface AttachDetachDeps {
  readonly nodes: Pick<Lister<Node>, 'get'>;
  readonly podsOn: (node: string) => readonly Pod[];
  readonly lookup: VolumeLookup;
  readonly attachmentsOn: (node: string) => readonly VolumeAttachment[];
  readonly attachmentsOf: (volume: string) => readonly VolumeAttachment[];
  /** Filed under the PersistentVolume's name. */
  readonly unseen: UnseenWrites<VolumeAttachment>;
  readonly client: Pick<Writer<VolumeAttachment>, 'create' | 'delete'>;
  readonly nodeClient: Pick<Writer<Node>, 'patch'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly forceOnTimeout: boolean;
  /** A volume that may be mounted was detached. */
  readonly forced: (reason: string) => void;
}

/**
 * Keys are nodes. One worker, since the attachments of all nodes decide whether a volume may be attached to another
 * one.
 */
export class AttachDetachReconciler implements Reconciler {
  readonly name = 'persistentvolume-attach-detach-controller';
  readonly #deps: AttachDetachDeps;
  /** Since when a held volume has not been wanted, by `node volume`; monotonic time. */
  readonly #idleSince = new Map<string, number>();
  readonly #refusedBefore = new Set<string>();
  readonly #attachmentEvents: AttachmentNews;

  constructor(deps: AttachDetachDeps) {
    this.#deps = deps;
    this.#attachmentEvents = new AttachmentNews(deps.events);
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<Result> {
    const node = this.#deps.nodes.get(key);
    if (node && !isManaged(node)) return {};
    const wanted = node
      ? wantedVolumes(node, this.#deps.podsOn(key), this.#deps.lookup)
      : new Map<string, WantedVolume>();
    const held = this.#heldVolumes(key, node);
    const now = this.#deps.clock.monotonic();
    this.#noteIdle(key, wanted, held, now);
    const plan = planAttachments({
      node,
      wanted,
      held,
      isElsewhere: (volume) => this.#deps.attachmentsOf(volume).some(({ spec }) => spec.nodeName !== key),
      idleMs: (name) => now - (this.#idleSince.get(`${key} ${name}`) ?? now),
      forceOnTimeout: this.#deps.forceOnTimeout,
    });
    for (const { name, attachment } of held) this.#attachmentEvents.look(attachment, wanted.get(name));
    await this.#writeAttached(node, plan, signal);
    for (const detachment of plan.detach) await this.#detach(key, detachment, signal);
    this.#refuse(key, plan.refused);
    for (const volume of plan.attach) await this.#attach(key, volume, signal);
    return plan.checkAgainMs === undefined ? {} : { requeueAfterMs: plan.checkAgainMs };
  }

  #heldVolumes(key: string, node: Node | undefined): HeldVolume[] {
    const known = new Map<string, string>();
    for (const { name } of node?.status?.volumesAttached ?? []) {
      const [, driver, volumeHandle] = /^kubernetes\.io\/csi\/([^^]+)\^(.*)$/s.exec(name) ?? [];
      if (driver && volumeHandle !== undefined) known.set(attachmentNameOf({ driver, volumeHandle }, key), name);
    }
    return this.#deps.attachmentsOn(key).flatMap((attachment) => {
      const source = this.#deps.lookup.volume(attachment.spec.source.persistentVolumeName ?? '')?.spec?.csi;
      // The volume may be gone before its attachment: the node's status still names it.
      const name = source ? volumeNameOf(source) : known.get(attachment.metadata.name);
      return name === undefined ? [] : [{ name, attachment }];
    });
  }

  #noteIdle(key: string, wanted: ReadonlyMap<string, unknown>, held: readonly HeldVolume[], now: number): void {
    const idle = new Set(held.flatMap(({ name }) => (wanted.has(name) ? [] : [`${key} ${name}`])));
    for (const id of idle) if (!this.#idleSince.has(id)) this.#idleSince.set(id, now);
    for (const id of this.#idleSince.keys()) if (id.startsWith(`${key} `) && !idle.has(id)) this.#idleSince.delete(id);
  }

  /** Before a volume is detached, the node must know that it may no longer mount it. */
  async #writeAttached(node: Node | undefined, plan: AttachPlan, signal: AbortSignal): Promise<void> {
    if (!node || jsonEqual(plan.attached, node.status?.volumesAttached ?? [])) return;
    // The node may have mounted a volume since the plan was made: then do not detach it yet.
    const metadata = plan.detach.length > 0 ? { metadata: { resourceVersion: node.metadata.resourceVersion } } : {};
    const patch = { ...metadata, status: { volumesAttached: plan.attached } };
    await ifFound(
      this.#deps.nodeClient.patch({ name: node.metadata.name }, patch, {
        type: 'merge',
        subresource: 'status',
        signal,
      }),
    );
  }

  async #detach(node: string, { attachment, name, forced }: Detachment, signal: AbortSignal): Promise<void> {
    if (forced) {
      this.#deps.log.warn('Detaching a volume that may be mounted', { node, volume: name, reason: forced });
      this.#deps.forced(forced);
    }
    const { uid } = attachment.metadata;
    try {
      await this.#deps.client.delete({ name: attachment.metadata.name }, { preconditions: { uid }, signal });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async #attach(node: string, volume: WantedVolume, signal: AbortSignal): Promise<void> {
    // A volume just attached to another node is not in the lister yet: its event will wake us again.
    if (!volume.shareable && this.#deps.unseen.has(volume.volume)) return;
    this.#refusedBefore.delete(`${node} ${volume.name}`);
    try {
      const made = await this.#deps.client.create(
        {
          metadata: { name: attachmentNameOf(volume.source, node) },
          spec: {
            attacher: volume.source.driver,
            nodeName: node,
            source: { persistentVolumeName: volume.volume },
          },
        },
        { signal },
      );
      this.#deps.unseen.wrote(volume.volume, made);
      this.#attachmentEvents.made(made);
    } catch (error) {
      if (isAlreadyExists(error)) return;
      this.#attachmentEvents.failed(volume, messageOf(error));
      throw error;
    }
  }

  /** Reports volumes that cannot be attached, once for each until it can be. */
  #refuse(node: string, volumes: readonly WantedVolume[]): void {
    for (const id of this.#refusedBefore)
      if (id.startsWith(`${node} `) && !volumes.some(({ name }) => id === `${node} ${name}`))
        this.#refusedBefore.delete(id);
    for (const volume of volumes) {
      const id = `${node} ${volume.name}`;
      if (this.#refusedBefore.has(id)) continue;
      this.#refusedBefore.add(id);
      const others = this.#deps.attachmentsOf(volume.volume).map(({ spec }) => spec.nodeName);
      const holders = [...new Set(others)]
        .filter((other) => other !== node)
        .flatMap((other) => {
          const there = this.#deps.nodes.get(other);
          return there
            ? (wantedVolumes(there, this.#deps.podsOn(other), this.#deps.lookup).get(volume.name)?.pods ?? [])
            : [];
        });
      for (const pod of volume.pods) {
        const message = multiAttachMessage(volume.volume, pod, holders);
        this.#deps.events.event(podTarget(pod), 'Warning', 'FailedAttachVolume', message);
      }
    }
  }
}

/** Emits events for pods, once each, when their volume was attached or could not be. */
class AttachmentNews {
  readonly #events: EventRecorder;
  /**
   * By uid of the VolumeAttachment: the last reported failure, "" before any. Attachments that were attached when first
   * seen are not reported.
   */
  readonly #pending = new Map<string, string>();

  constructor(events: EventRecorder) {
    this.#events = events;
  }

  made({ metadata: { uid } }: VolumeAttachment): void {
    this.#pending.set(uid, '');
  }

  look({ metadata: { uid, deletionTimestamp }, status }: VolumeAttachment, volume: WantedVolume | undefined): void {
    if (!volume || deletionTimestamp !== undefined) {
      this.#pending.delete(uid);
      return;
    }
    const before = this.#pending.get(uid);
    if (status?.attached) {
      if (before === undefined) return;
      this.#pending.delete(uid);
      this.#record(
        volume,
        'Normal',
        'SuccessfulAttachVolume',
        `AttachVolume.Attach succeeded for volume "${volume.volume}" `,
      );
      return;
    }
    const { message = '', time = '' } = status?.attachError ?? {};
    const failure = status?.attachError ? `${time} ${message}` : '';
    this.#pending.set(uid, failure);
    if (failure !== '' && failure !== before) this.failed(volume, message);
  }

  failed(volume: WantedVolume, why: string): void {
    const message = `AttachVolume.Attach failed for volume "${volume.volume}" : ${why}`;
    this.#record(volume, 'Warning', 'FailedAttachVolume', message);
  }

  #record(volume: WantedVolume, type: 'Normal' | 'Warning', reason: string, message: string): void {
    for (const pod of volume.pods) this.#events.event(podTarget(pod), type, reason, message);
  }
}

function podTarget({ metadata }: Pod): { apiVersion: string; kind: string; metadata: Pod['metadata'] } {
  return { apiVersion: 'v1', kind: 'Pod', metadata };
}
