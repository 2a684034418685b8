import protobuf from 'protobufjs/light.js';

interface FactField {
  readonly n: number;
  readonly t: string;
  readonly l?: string;
}
interface FactMessage {
  readonly fields: Readonly<Record<string, FactField>>;
}
export interface FactPackage {
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

/** The codec of `<namespace>.<Message>`. Building one costs nothing until it is used. */
export type CodecSource = <T>(name: string) => Codec<T>;

function camelCase(name: string): string {
  if (name === 'CDI_devices') return 'cdiDevices';
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function describeField(field: FactField): object {
  const map = /^map<(\w+),\s*([\w.]+)>$/.exec(field.t);
  if (map) return { keyType: map[1], type: map[2], id: field.n };
  return { type: field.t, id: field.n, ...(field.l === 'rep' ? { rule: 'repeated' } : {}) };
}

/** Types as protobufjs describes them in JSON. */
export type Namespace = Record<string, { fields?: object; values?: object; nested?: Namespace }>;

/** A protobuf package, with field names in camel case. `Outer.Inner` names a type inside another. */
export function describePackage(source: FactPackage): Namespace {
  const types: Namespace = {};
  const place = (path: string, type: { fields?: object; values?: object }): void => {
    const parts = path.split('.');
    const name = parts.pop() as string;
    let into = types;
    for (const part of parts) {
      into[part] ??= { fields: {} };
      into[part].nested ??= {};
      into = into[part].nested;
    }
    into[name] = { ...into[name], ...type };
  };
  for (const [path, message] of Object.entries(source.messages)) {
    const fields = Object.entries(message.fields).map(([field, fact]) => [camelCase(field), describeField(fact)]);
    place(path, { fields: Object.fromEntries(fields) });
  }
  for (const [path, values] of Object.entries(source.enums)) place(path, { values });
  return types;
}

/** The packages by the names that their messages get here. They are built when the first message is asked for. */
export function codecsOf(packages: () => Readonly<Record<string, Namespace>>): CodecSource {
  let root: protobuf.Root | undefined;
  return <T>(name: string): Codec<T> => {
    root ??= rootOf(packages());
    const type = root.lookupType(name);
    return {
      encode: (message) => type.encode(type.fromObject(message as Record<string, unknown>)).finish() as Buffer,
      decode: (bytes) => type.toObject(type.decode(bytes), shape) as T,
    };
  };
}

function rootOf(packages: Readonly<Record<string, Namespace>>): protobuf.Root {
  const nested = Object.entries(packages).map(([name, types]) => [name, { edition: 'proto3', nested: types }]);
  return protobuf.Root.fromJSON({ nested: Object.fromEntries(nested) } as unknown as protobuf.INamespace);
}
