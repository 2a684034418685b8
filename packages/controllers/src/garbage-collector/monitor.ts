import type { ReflectorSink } from '@typernetes/client';
import type { ApiObject, ResourceType } from '@typernetes/machinery';
import type { OwnershipGraph } from './graph.ts';
import type { Uid } from './identity.ts';

/**
 * Puts the objects of one resource into the graph, which keeps all that is needed: a monitor only stores the uids.
 * `known` are those of an earlier monitor of the same resource (in another version).
 */
export class Monitor implements ReflectorSink<ApiObject> {
  readonly type: ResourceType<ApiObject>;
  readonly known: Set<Uid>;
  readonly synced = Promise.withResolvers<void>();
  readonly #graph: OwnershipGraph;
  readonly #onChange: () => void;

  constructor(options: {
    readonly type: ResourceType<ApiObject>;
    readonly known: Set<Uid>;
    readonly graph: OwnershipGraph;
    readonly onChange: () => void;
  }) {
    this.type = options.type;
    this.known = options.known;
    this.#graph = options.graph;
    this.#onChange = options.onChange;
  }

  replace(objects: readonly ApiObject[]): void {
    const gone = new Set(this.known);
    for (const { metadata } of objects) {
      gone.delete(metadata.uid);
      this.known.add(metadata.uid);
      this.#graph.observe(this.type, metadata);
    }
    for (const uid of gone) this.#remove(uid);
    this.synced.resolve();
  }

  apply({ type, object: { metadata } }: Parameters<ReflectorSink<ApiObject>['apply']>[0]): void {
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') this.#remove(metadata.uid);
    else {
      this.known.add(metadata.uid);
      this.#graph.observe(this.type, metadata);
    }
    this.#onChange();
  }

  #remove(uid: Uid): void {
    this.known.delete(uid);
    this.#graph.remove(uid);
  }
}
