import { envelopeOf, watchFrame } from '@typernetes/api/protobuf';
import { apiVersionOf } from '@typernetes/machinery';
import type { CacheEvent } from '../cache/cache-event.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import { emptyListOf, formOf, isPlain, isPlainProtobuf, protobufOf } from './encode.ts';
import type { OutputOptions } from './output-options.ts';
import type { Selection } from './selection.ts';
import { partialOf, tableOf } from './table.ts';

type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** A change as one watch sees it: an object that starts to match its selectors is ADDED, one that no longer matches DELETED. */
export function eventFor(
  event: CacheEvent,
  selection: Selection,
  form: ResourceStorage['form'],
): { type: WatchEventType; object: CachedObject } | undefined {
  const current = event.current && form.of(event.current);
  const previous = event.previous && form.of(event.previous);
  const matched = previous !== undefined && selection.matches(previous);
  if (current && selection.matches(current)) return { type: matched ? 'MODIFIED' : 'ADDED', object: current };
  // The last state that matched, with the revision of the change that ended the match.
  return matched ? { type: 'DELETED', object: previous.at(event.revision) } : undefined;
}

const newline = Buffer.from('}\n');
const heads = { ADDED: head('ADDED'), MODIFIED: head('MODIFIED'), DELETED: head('DELETED') };

function head(type: string): Buffer {
  return Buffer.from(`{"type":"${type}","object":`);
}

/** Encodes events in the form that one client accepts. Watches with the same form share the bytes. */
export class EventEncoder {
  readonly #storage: ResourceStorage;
  readonly #output: OutputOptions;
  readonly #form: string;
  readonly #isPlainJson: boolean;
  #columnsSent = false;

  constructor(storage: ResourceStorage, output: OutputOptions) {
    this.#storage = storage;
    this.#output = output;
    const { format, as, version } = output.representation;
    this.#isPlainJson = !isPlainProtobuf(output) && isPlain({ ...output, pretty: false });
    this.#form = `${apiVersionOf(storage.served.type)} ${format} ${as} ${version} ${output.includeObject}`;
  }

  encode(type: WatchEventType, object: CachedObject, shared?: CacheEvent): Uint8Array {
    const bytes = this.#bytesOf(type, object, shared);
    this.#storage.deps.countEvent?.(this.#storage.served.type, bytes.length);
    return bytes;
  }

  /** The same in pieces, for those who join many events. */
  pieces(type: WatchEventType, object: CachedObject): readonly Uint8Array[] {
    if (!this.#isPlainJson) return [this.encode(type, object)];
    const item = object.item.subarray(1);
    const [first, last] = [heads[type], newline];
    const size = first.length + object.typeHead.length + item.length + last.length;
    this.#storage.deps.countEvent?.(this.#storage.served.type, size);
    return [first, object.typeHead, item, last];
  }

  #bytesOf(type: WatchEventType, object: CachedObject, shared?: CacheEvent): Uint8Array {
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

  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array {
    const { served } = this.#storage;
    const metadata = {
      resourceVersion: String(revision),
      ...(initialEventsEnd ? { annotations: this.#initialEventsEnd() } : {}),
    };
    const object = { kind: served.type.kind, apiVersion: apiVersionOf(served.type), metadata };
    const shown =
      this.#output.representation.as === 'PartialObjectMetadata'
        ? partialOf(object as never, this.#output.representation.version)
        : this.#output.representation.as === 'Table'
          ? { ...this.#table(undefined, true, metadata), rows: [{ cells: [], object }] }
          : object;
    if (this.#output.representation.as === 'Table') this.#columnsSent = true;
    return this.value('BOOKMARK', shown);
  }

  /** Annotations of the bookmark that ends the initial events. The blueprint is an empty list, from which clients build the list of the initial events. */
  #initialEventsEnd(): object {
    const blueprint = Buffer.from(emptyListOf(this.#storage.served, this.#output)).toString('base64');
    return { 'k8s.io/initial-events-end': 'true', 'kubernetes.io/initial-events-list-blueprint': blueprint };
  }

  /** Encodes an event whose object is not a stored one: a bookmark or an error. */
  value(type: string, object: object): Uint8Array {
    return this.#output.representation.format === 'protobuf'
      ? watchFrame(type, protobufOf(object))
      : Buffer.from(`${JSON.stringify({ type, object })}\n`);
  }

  #encodeOnce(type: WatchEventType, object: CachedObject): Uint8Array {
    const { served } = this.#storage;
    if (isPlainProtobuf(this.#output)) {
      const typeMeta = { apiVersion: apiVersionOf(served.type), kind: served.type.kind };
      return watchFrame(type, envelopeOf(typeMeta, object.message));
    }
    if (this.#isPlainJson) return Buffer.concat([heads[type], object.typeHead, object.item.subarray(1), newline]);
    if (this.#output.representation.as === 'Table') return this.#row(type, object, false);
    return this.value(type, formOf(served, object.object, this.#output));
  }

  #row(type: WatchEventType, object: CachedObject, columns: boolean): Uint8Array {
    const table = this.#table(object, columns, { resourceVersion: object.object.metadata.resourceVersion });
    return this.value(type, table);
  }

  #table(object: CachedObject | undefined, columns: boolean, metadata: object): object {
    const { includeObject, representation } = this.#output;
    return tableOf(this.#storage.served.printer, object ? [object.object] : [], metadata, {
      includeObject,
      // A watch may last: ages are those of now, and not of its start.
      now: this.#storage.deps.clock.now(),
      version: representation.version,
      columns,
    });
  }
}
