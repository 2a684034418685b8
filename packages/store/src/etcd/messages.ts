import protobuf from 'protobufjs/light.js';
import facts from '../../facts/etcd.json' with { type: 'json' };

/** A 64-bit integer as protobufjs reads one. Revisions stay below 2^53. */
type Int64 = number | { toNumber(): number };

export function numberOf(value: Int64 | undefined): number {
  return typeof value === 'number' ? value : (value?.toNumber() ?? 0);
}

interface ResponseHeader {
  readonly revision: Int64;
}
export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly createRevision: Int64;
  readonly modRevision: Int64;
}
export interface RangeRequest {
  readonly key: Uint8Array;
  readonly rangeEnd?: Uint8Array;
  readonly limit?: number;
  readonly revision?: number;
  readonly countOnly?: boolean;
}
export interface RangeResponse {
  readonly header: ResponseHeader;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: Int64;
}
interface RequestOp {
  readonly requestRange?: RangeRequest;
  readonly requestPut?: { readonly key: Uint8Array; readonly value: Uint8Array };
  readonly requestDeleteRange?: { readonly key: Uint8Array; readonly rangeEnd?: Uint8Array };
}
interface TxnRequest {
  /** All must be true; `result` and `target` by number: {@link equal}, {@link byModRevision}. */
  readonly compare: readonly {
    readonly result: number;
    readonly target: number;
    readonly key: Uint8Array;
    readonly modRevision: number;
  }[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}
interface TxnResponse {
  readonly header: ResponseHeader;
  readonly succeeded: boolean;
  readonly responses: readonly { readonly responseRange?: RangeResponse }[];
}
export interface WatchRequest {
  readonly createRequest: {
    readonly key: Uint8Array;
    readonly rangeEnd: Uint8Array;
    readonly startRevision: number;
    readonly prevKv: boolean;
  };
}
export interface WatchResponse {
  readonly header: ResponseHeader;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compactRevision: Int64;
  readonly cancelReason: string;
  readonly events: readonly { readonly type: number; readonly kv: KeyValue; readonly prevKv?: KeyValue | null }[];
}
interface StatusResponse {
  readonly version: string;
  readonly dbSize: Int64;
  readonly dbSizeInUse: Int64;
}

export const equal = facts.etcdserverpb.enums['Compare.CompareResult'].EQUAL;
export const byModRevision = facts.etcdserverpb.enums['Compare.CompareTarget'].MOD;
export const isDelete = (event: { readonly type: number }): boolean =>
  event.type === facts.mvccpb.enums['Event.EventType'].DELETE;

interface FactPackage {
  readonly messages: Readonly<
    Record<string, { readonly fields: Readonly<Record<string, { n: number; t: string; l?: string }>> }>
  >;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The package as protobufjs' JSON description, with field names in camel case. */
function describePackage({ messages, enums }: FactPackage): object {
  const types: Record<string, { fields: object; nested: Record<string, object> } | { values: object }> = {};
  for (const [name, message] of Object.entries(messages)) {
    const fields = Object.entries(message.fields).map(([field, { n, t, l }]) => [
      camelCase(field),
      { id: n, type: t, ...(l === 'rep' ? { rule: 'repeated' } : {}) },
    ]);
    types[name] = { fields: Object.fromEntries(fields), nested: {} };
  }
  for (const [path, values] of Object.entries(enums)) {
    const [name = '', inner] = path.split('.');
    const owner = types[name];
    if (inner !== undefined && owner && 'nested' in owner) owner.nested[inner] = { values };
    else types[name] = { values };
  }
  return { edition: 'proto3', nested: types };
}

const root = protobuf.Root.fromJSON({
  nested: { etcdserverpb: describePackage(facts.etcdserverpb), mvccpb: describePackage(facts.mvccpb) },
} as unknown as protobuf.INamespace);

/** A method of etcd's API with the codecs of its messages. */
export interface Method<I, O> {
  readonly path: string;
  encode(message: I): Buffer;
  decode(bytes: Uint8Array): O;
}

/** Messages are handed to protobufjs and taken from it as they are: no copies on the hot path. */
function method<I, O>(service: keyof typeof facts.services, name: string): Method<I, O> {
  const rules = facts.services[service] as Readonly<Record<string, { in: string; out: string }>>;
  const types = rules[name] as { in: string; out: string };
  const request = root.lookupType(`etcdserverpb.${types.in}`);
  const response = root.lookupType(`etcdserverpb.${types.out}`);
  return {
    path: `/etcdserverpb.${service}/${name}`,
    encode: (message) => request.encode(message as Record<string, unknown>).finish() as Buffer,
    decode: (bytes) => response.decode(bytes) as unknown as O,
  };
}

export const methods = {
  range: method<RangeRequest, RangeResponse>('KV', 'Range'),
  txn: method<TxnRequest, TxnResponse>('KV', 'Txn'),
  compact: method<{ readonly revision: number }, { readonly header: ResponseHeader }>('KV', 'Compact'),
  watch: method<WatchRequest, WatchResponse>('Watch', 'Watch'),
  status: method<object, StatusResponse>('Maintenance', 'Status'),
};
