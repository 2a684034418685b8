import { encodeBody } from '@typernetes/api/protobuf';
import { type ApiObject, parseExactJson } from '@typernetes/machinery';

/** How objects of one kind are stored. Their bytes start with `head`, followed by the members of their metadata. */
export interface Encoding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly head: string;
  /** Encodings of other versions in which objects may still be stored, until they are written again. */
  readonly others?: readonly Encoding[];
}

export function encodingOf(type: { apiVersion: string; kind: string }): Encoding {
  const head = `{"kind":${JSON.stringify(type.kind)},"apiVersion":${JSON.stringify(type.apiVersion)},"metadata":{`;
  return { ...type, head };
}

/**
 * Encodes an object for the store: kind, apiVersion and metadata first, without the resourceVersion, which the store
 * assigns. Reads insert it at the start of the metadata, without parsing.
 */
export function encodeStored(encoding: Encoding, object: ApiObject): Buffer {
  // The head has its kind and apiVersion.
  let text = `${encoding.head}${storedMetadata(object.metadata).slice(1)}`;
  const members = object as unknown as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(members)) {
    if (name === 'kind' || name === 'apiVersion' || name === 'metadata') continue;
    const value = JSON.stringify(members[name]);
    if (value !== undefined) text += `,${JSON.stringify(name)}:${value}`;
  }
  return Buffer.from(`${text}}`);
}

/** The JSON without the resourceVersion, which is removed for a moment: that is faster than copying the metadata. */
function storedMetadata(metadata: ApiObject['metadata']): string {
  const { resourceVersion } = metadata;
  if (resourceVersion === undefined) return JSON.stringify(metadata);
  const own = metadata as { resourceVersion: string | undefined };
  try {
    own.resourceVersion = undefined;
    return JSON.stringify(metadata);
  } finally {
    own.resourceVersion = resourceVersion;
  }
}

/**
 * One object at one revision. `item` is its JSON without kind and apiVersion, as it appears in a list; all other forms are made from it.
 * `object` is parsed on first use and shared: never change it.
 */
export class CachedObject {
  readonly revision: number;
  readonly item: Buffer;
  readonly #encoding: Encoding;
  #object: ApiObject | undefined;
  #whole: Buffer | undefined;
  #message: Uint8Array | undefined;
  #metadataEnd = 0;

  private constructor(encoding: Encoding, revision: number, item: Buffer) {
    this.#encoding = encoding;
    this.revision = revision;
    this.item = item;
  }

  /**
   * For an object that was just written: `stored` is the encoding of `object`, which need not be parsed again. The caller must not
   * change the object afterwards, except for direct members of its metadata.
   */
  static written(
    encoding: Encoding,
    stored: Uint8Array,
    written: { revision: number; object: ApiObject },
  ): CachedObject {
    const { object, revision } = written;
    const item = spliced(stored.subarray(encoding.head.length), revision);
    const cached = new CachedObject(encoding, revision, item);
    const metadata = { ...object.metadata, resourceVersion: String(revision) };
    cached.#object = { ...object, kind: encoding.kind, apiVersion: encoding.apiVersion, metadata };
    return cached;
  }

  /** For an object that was read: `stored` are the committed bytes. */
  static of(encoding: Encoding, stored: Uint8Array, revision: number): CachedObject {
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
    const fits = startsWith(bytes, encoding);
    const other = fits ? undefined : encoding.others?.find((one) => startsWith(bytes, one));
    if (other) return CachedObject.of(other, stored, revision);
    const canonical = fits ? bytes : encodeStored(encoding, parseExactJson(bytes.toString()) as ApiObject);
    return new CachedObject(encoding, revision, spliced(canonical.subarray(encoding.head.length), revision));
  }

  /** The version that the object is in. */
  get apiVersion(): string {
    return this.#encoding.apiVersion;
  }

  /** The same object with another revision, as DELETED events have it. */
  at(revision: number): CachedObject {
    const behind = this.item.indexOf(',', itemHead.length) + 1;
    return new CachedObject(this.#encoding, revision, spliced(this.item.subarray(behind), revision));
  }

  /** The JSON that GET returns. Kept, since some objects are read often. */
  get whole(): Buffer {
    this.#whole ??= this.wholeOnce();
    return this.#whole;
  }

  /** The same, not kept: for the reply to a write. */
  wholeOnce(): Buffer {
    return this.#whole ?? Buffer.concat([this.typeHead, this.item.subarray(1)]);
  }

  /** The object's protobuf message, without its type. Made on first use: most objects are never read as protobuf. */
  get message(): Uint8Array {
    this.#message ??= encodeBody(this.#encoding, this.object);
    return this.#message;
  }

  /** `{"kind":…,"apiVersion":…,`: with `item.subarray(1)` behind it, the whole object. */
  get typeHead(): Buffer {
    return typeHeadOf(this.#encoding);
  }

  /** The JSON of its metadata, without parsing the object. */
  get metadata(): Buffer {
    if (this.#metadataEnd === 0) this.#metadataEnd = endOfObject(this.item, metadataStart);
    return this.item.subarray(metadataStart, this.#metadataEnd);
  }

  /** Frees the derived forms, once a newer version has replaced this one. They are made again when needed. */
  retire(): void {
    this.#object = undefined;
    this.#whole = undefined;
    this.#message = undefined;
  }

  get object(): ApiObject {
    this.#object ??= parse(this.#encoding, this.item);
    return this.#object;
  }

  /** An own copy, to change. */
  copy(): ApiObject {
    return parse(this.#encoding, this.item);
  }
}

/** Compares byte by byte: for a head this short, making buffers to compare is most of the cost. */
function startsWith(bytes: Buffer, { head }: Encoding): boolean {
  if (bytes.length < head.length) return false;
  for (let at = 0; at < head.length; at++) if (bytes[at] !== head.charCodeAt(at)) return false;
  return true;
}

const itemHead = '{"metadata":{"resourceVersion":';
const metadataStart = '{"metadata":'.length;

/** The end of the JSON object that starts at `start`. */
function endOfObject(json: Uint8Array, start: number): number {
  const [quote, backslash, opens, closes] = [0x22, 0x5c, 0x7b, 0x7d];
  let depth = 0;
  let isInString = false;
  for (let at = start; at < json.length; at++) {
    const byte = json[at];
    if (isInString) {
      if (byte === backslash) at++;
      else if (byte === quote) isInString = false;
    } else if (byte === quote) isInString = true;
    else if (byte === opens) depth++;
    else if (byte === closes && --depth === 0) return at + 1;
  }
  throw new Error('Cannot read stored object: its metadata has no end');
}

function spliced(behindHead: Uint8Array, revision: number): Buffer {
  const head = `${itemHead}"${revision}",`;
  const item = Buffer.allocUnsafeSlow(head.length + behindHead.length);
  item.write(head, 0, 'latin1');
  item.set(behindHead, head.length);
  return item;
}

const typeHeads = new WeakMap<Encoding, Buffer>();

function typeHeadOf(encoding: Encoding): Buffer {
  let head = typeHeads.get(encoding);
  if (!head) {
    const text = `{"kind":${JSON.stringify(encoding.kind)},"apiVersion":${JSON.stringify(encoding.apiVersion)},`;
    // Memory of its own: a slice of Node's buffer pool would keep 64 KiB alive for as long as the kind is served.
    head = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
    head.write(text);
    typeHeads.set(encoding, head);
  }
  return head;
}

function parse(encoding: Encoding, item: Buffer): ApiObject {
  const rest = parseExactJson(item.toString()) as ApiObject;
  return { kind: encoding.kind, apiVersion: encoding.apiVersion, ...rest };
}
