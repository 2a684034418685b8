import { protobufTable } from '../schema/protobuf.gen.ts';
import { typeFacts } from '../schema/type-table.ts';
import { type Codec, codecs, listCodec } from './codecs.ts';
import { type EitherOr, eitherOrOf } from './either-or.ts';

/** The JSON name (`~`: members merged into the parent), the protobuf type, and the sum of `flags`. */
type FieldCode = readonly [name: string, type: string, flags?: number];

/** `repeated`; `optional`: absent differs from zero; `omitted`: JSON omits zero. */
const flags = { repeated: 1, optional: 2, omitted: 4 } as const;

/** A message field, in the form needed to encode and decode it. */
export interface MessageField {
  readonly name: string;
  readonly number: number;
  readonly inlined: boolean;
  readonly repeated: boolean;
  /** Absent differs from zero; for other fields, zero is written. */
  readonly optional: boolean;
  /** JSON omits a zero value. */
  readonly omitted: boolean;
  /** The type of the field, of its items or of its map values. */
  readonly value: MessageType | Codec;
  /** Whether it is a map with string keys and values of type `value`. */
  readonly map: boolean;
  /** The encoded field number and wire type. */
  readonly tag: Uint8Array;
}

/** A message: an API type whose fields have numbers. Created on first use, since types may refer to themselves. */
export class MessageType {
  readonly key: string;
  readonly eitherOr: EitherOr | undefined;
  readonly #codes: Readonly<Record<string, FieldCode>>;
  #fields: readonly MessageField[] | undefined;
  #byNumber: readonly (MessageField | undefined)[] | undefined;
  #shownEmpty: readonly MessageField[] | undefined;
  /** The fields that JSON shows even when empty: lists, maps, times. */
  get shownEmpty(): readonly MessageField[] {
    this.#shownEmpty ??= this.fields.filter(
      ({ repeated, map, optional, omitted, value }) =>
        !optional && !omitted && (repeated || map || (!(value instanceof MessageType) && value.zero === null)),
    );
    return this.#shownEmpty;
  }

  /** The encoded message with nothing set, cached by the encoder. */
  empty: Uint8Array | undefined;

  constructor(key: string, codes: Readonly<Record<string, FieldCode>>) {
    this.key = key;
    this.eitherOr = eitherOrOf(key);
    this.#codes = codes;
  }

  /** The fields in writing order: from last to first. */
  get fields(): readonly MessageField[] {
    this.#fields ??= Object.entries(this.#codes)
      .map(([number, code]) => fieldOf(Number(number), code))
      .sort((a, b) => b.number - a.number);
    return this.#fields;
  }

  /** Numbers are small, so that an array is the fastest index. */
  get byNumber(): readonly (MessageField | undefined)[] {
    if (this.#byNumber === undefined) {
      const fields: (MessageField | undefined)[] = [];
      for (const field of this.fields) fields[field.number] = field;
      this.#byNumber = fields;
    }
    return this.#byNumber;
  }
}

const mapType = /^map<string,\s*(.*)>$/;

function fieldOf(number: number, [name, type, sum = 0]: FieldCode): MessageField {
  const entry = mapType.exec(type)?.[1];
  const value = itemType(entry ?? type);
  const wireType = entry !== undefined || value instanceof MessageType ? 2 : value.wireType;
  return {
    name,
    number,
    inlined: name === '~',
    repeated: (sum & flags.repeated) !== 0,
    optional: (sum & flags.optional) !== 0,
    omitted: (sum & flags.omitted) !== 0,
    value,
    map: entry !== undefined,
    tag: varintBytes(number * 8 + wireType),
  };
}

const varintBytes = (value: number): Uint8Array =>
  value < 0x80 ? Uint8Array.of(value) : Uint8Array.of((value & 0x7f) | 0x80, value >>> 7);

const itemType = (type: string): MessageType | Codec =>
  codecs[type] ?? (isItemsOnly(type) ? listCodec : messageOf(type));

/** Types that are plain lists in JSON, such as the values of user.extra, and verbs. */
const isItemsOnly = (type: string): boolean => type.endsWith('.ExtraValue') || type.endsWith('.Verbs');

type MessageTable = Readonly<Record<string, Readonly<Record<string, FieldCode>>>>;

let table: MessageTable | undefined;

/** Parsed on first use, because many programs never use protobuf. */
function tableOfTypes(): MessageTable {
  table ??= JSON.parse(protobufTable) as MessageTable;
  return table;
}

/** The keys of all types that have a message. */
export const typesWithMessages = (): string[] => Object.keys(tableOfTypes()).filter((key) => !codecs[key]);

const messages = new Map<string, MessageType>();

/** The message of a type by its key, `core/v1.PodSpec`; a type without members gets an empty message. */
export function messageOf(key: string): MessageType {
  let message = messages.get(key);
  if (message === undefined) {
    message = new MessageType(key, tableOfTypes()[key] ?? {});
    messages.set(key, message);
  }
  return message;
}

let keysByKind: Map<string, string> | undefined;

/** The message of a kind; undefined for kinds without one: custom resources, Table. */
export function messageOfKind({ apiVersion, kind }: { apiVersion: string; kind: string }): MessageType | undefined {
  keysByKind ??= kindsWithMessages();
  const key =
    keysByKind.get(`${apiVersion} ${kind}`) ??
    // Every group version has the request option kinds, and watch events.
    (kind.endsWith('Options') ? keysByKind.get(`v1 ${kind}`) : undefined);
  return key === undefined ? undefined : messageOf(key);
}

function kindsWithMessages(): Map<string, string> {
  const messageTypes = tableOfTypes();
  const keys = new Map<string, string>();
  for (const [key, { gvk }] of Object.entries(typeFacts().types)) {
    if (gvk && messageTypes[key] !== undefined)
      keys.set(`${gvk[0] === '' ? '' : `${gvk[0]}/`}${gvk[1]} ${gvk[2]}`, key);
  }
  // No longer served, but the API server still accepts such evictions from old clients; the fields are the same.
  keys.set('policy/v1beta1 Eviction', 'policy/v1.Eviction');
  for (const kind of ['Status', 'APIVersions', 'APIGroup', 'APIGroupList', 'APIResourceList'])
    keys.set(`v1 ${kind}`, `meta/v1.${kind}`);
  for (const kind of ['CreateOptions', 'UpdateOptions', 'PatchOptions', 'DeleteOptions', 'ListOptions', 'GetOptions'])
    keys.set(`v1 ${kind}`, `meta/v1.${kind}`);
  for (const kind of ['PartialObjectMetadata', 'PartialObjectMetadataList']) {
    keys.set(`meta.k8s.io/v1 ${kind}`, `meta/v1.${kind}`);
    keys.set(`meta.k8s.io/v1beta1 ${kind}`, `meta/v1.${kind}`);
  }
  return keys;
}
