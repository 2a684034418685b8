import protobuf from 'protobufjs/light.js';
import facts from '../facts/cri.json' with { type: 'json' };

interface FactField {
  readonly n: number;
  readonly t: string;
  readonly l?: string;
}
interface FactMessage {
  readonly fields: Readonly<Record<string, FactField>>;
}
interface FactPackage {
  readonly messages: Readonly<Record<string, FactMessage>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** How messages look in JavaScript: 64-bit integers as decimal strings, enums by name, unset messages null. */
const shape: protobuf.IConversionOptions = { longs: String, enums: String, defaults: true };

/** Turns messages of one type into bytes and back. */
export interface Codec<T> {
  encode(message: T): Buffer;
  decode(bytes: Uint8Array): T;
}

function camelCase(name: string): string {
  if (name === 'CDI_devices') return 'cdiDevices';
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function describeField(field: FactField): object {
  const map = /^map<(\w+),\s*([\w.]+)>$/.exec(field.t);
  if (map) return { keyType: map[1], type: map[2], id: field.n };
  return { type: field.t, id: field.n, ...(field.l === 'rep' ? { rule: 'repeated' } : {}) };
}

type Namespace = Record<string, { fields?: object; values?: object; nested?: Namespace }>;

/** The protobuf package as protobufjs describes one in JSON, with field names in camel case. */
function describePackage(source: FactPackage): Namespace {
  const types: Namespace = {};
  for (const [name, message] of Object.entries(source.messages)) {
    const fields = Object.entries(message.fields).map(([field, fact]) => [camelCase(field), describeField(fact)]);
    types[name] = { fields: Object.fromEntries(fields) };
  }
  for (const [path, values] of Object.entries(source.enums)) {
    const [owner, inner] = path.split('.') as [string, string | undefined];
    const outer = types[owner];
    if (inner === undefined) types[owner] = { values };
    else if (outer) outer.nested = { ...outer.nested, [inner]: { values } };
  }
  return types;
}

/** containerd's own event stream, from its api/services/events/v1 and api/events: only what is read of it. */
const containerdEvents: Namespace = {
  SubscribeRequest: { fields: { filters: { type: 'string', id: 1, rule: 'repeated' } } },
  Any: { fields: { typeUrl: { type: 'string', id: 1 }, value: { type: 'bytes', id: 2 } } },
  Envelope: {
    fields: {
      namespace: { type: 'string', id: 2 },
      topic: { type: 'string', id: 3 },
      event: { type: 'Any', id: 4 },
    },
  },
  TaskStart: { fields: { containerId: { type: 'string', id: 1 } } },
  TaskExit: { fields: { containerId: { type: 'string', id: 1 }, id: { type: 'string', id: 2 } } },
};

const root = protobuf.Root.fromJSON({
  nested: {
    cri: { edition: 'proto3', nested: describePackage(facts['runtime.v1']) },
    events: { edition: 'proto3', nested: containerdEvents },
  },
} as unknown as protobuf.INamespace);

/** The codec of `cri.<Message>` or `events.<Message>`. Building one costs nothing until it is used. */
export function codecOf<T>(name: string): Codec<T> {
  const type = root.lookupType(name);
  return {
    encode: (message) => type.encode(type.fromObject(message as Record<string, unknown>)).finish() as Buffer,
    decode: (bytes) => type.toObject(type.decode(bytes), shape) as T,
  };
}
