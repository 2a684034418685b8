import { apiVersionOf } from '@typernetes/machinery';
import type { CachedObject } from '../cache/cached-object.ts';
import type { CacheEvent } from '../cache/resource-cache.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import { formOf, isPlain, type OutputOptions } from './encode.ts';
import type { Selection } from './selection.ts';
import { partialOf, tableOf } from './table.ts';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** What one change is to one watcher: an object that comes to match is ADDED, one that no longer matches DELETED. */
export function eventFor(
  event: CacheEvent,
  selection: Selection,
  form: ResourceStorage['form'],
): { type: WatchEventType; object: CachedObject } | undefined {
  const current = event.current && form.of(event.current);
  const previous = event.previous && form.of(event.previous);
  const matched = previous !== undefined && selection.matches(previous);
  if (current && selection.matches(current)) return { type: matched ? 'MODIFIED' : 'ADDED', object: current };
  // The last state that matched, under the revision of the change that ended it.
  return matched ? { type: 'DELETED', object: previous.at(event.revision) } : undefined;
}

const newline = Buffer.from('}\n');
const heads = { ADDED: head('ADDED'), MODIFIED: head('MODIFIED'), DELETED: head('DELETED') };

function head(type: string): Buffer {
  return Buffer.from(`{"type":"${type}","object":`);
}

/** Writes events as one client wants them. Equal wishes share the bytes. */
export class EventEncoder {
  readonly #storage: ResourceStorage;
  readonly #output: OutputOptions;
  readonly #form: string;
  #columnsSent = false;

  constructor(storage: ResourceStorage, output: OutputOptions) {
    this.#storage = storage;
    this.#output = output;
    const { as, version } = output.representation;
    this.#form = `${apiVersionOf(storage.served.type)} ${as} ${version} ${output.includeObject}`;
  }

  encode(type: WatchEventType, object: CachedObject, shared?: CacheEvent): Buffer {
    if (this.#output.representation.as === 'Table' && !this.#columnsSent) {
      this.#columnsSent = true;
      return this.#row(type, object, true);
    }
    const name = `${type} ${this.#form}`;
    let bytes = shared?.encodings.get(name);
    if (!bytes) {
      bytes = this.#encodeOnce(type, object);
      shared?.encodings.set(name, bytes);
    }
    return bytes;
  }

  bookmark(revision: number, initialEventsEnd: boolean): Buffer {
    const { served } = this.#storage;
    const metadata = {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    };
    const object = { kind: served.type.kind, apiVersion: apiVersionOf(served.type), metadata };
    const shown =
      this.#output.representation.as === 'PartialObjectMetadata'
        ? partialOf(object as never, this.#output.representation.version)
        : this.#output.representation.as === 'Table'
          ? { ...this.#table(undefined, true, metadata), rows: [{ cells: [], object }] }
          : object;
    if (this.#output.representation.as === 'Table') this.#columnsSent = true;
    return Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object: shown })}\n`);
  }

  #encodeOnce(type: WatchEventType, object: CachedObject): Buffer {
    if (isPlain({ ...this.#output, pretty: false }))
      return Buffer.concat([heads[type], object.typeHead, object.item.subarray(1), newline]);
    if (this.#output.representation.as === 'Table') return this.#row(type, object, false);
    const shown = formOf(this.#storage.served, object.object, this.#output);
    return Buffer.from(`${JSON.stringify({ type, object: shown })}\n`);
  }

  #row(type: WatchEventType, object: CachedObject, columns: boolean): Buffer {
    const table = this.#table(object, columns, { resourceVersion: object.object.metadata.resourceVersion });
    return Buffer.from(`${JSON.stringify({ type, object: table })}\n`);
  }

  #table(object: CachedObject | undefined, columns: boolean, metadata: object): object {
    const { includeObject, now, representation } = this.#output;
    return tableOf(this.#storage.served.printer, object ? [object.object] : [], metadata, {
      includeObject,
      now,
      version: representation.version,
      columns,
    });
  }
}
