import protobuf from 'protobufjs/light.js';

/** The kinds of packets of `konnectivity-client/proto/client/client.proto`. */
export const packetType = {
  dialRequest: 0,
  dialResponse: 1,
  closeRequest: 2,
  closeResponse: 3,
  data: 4,
  dialClose: 5,
} as const;

/**
 * One packet of a stream of `ProxyService.Proxy`. Connection ids may exceed JavaScript's safe integers, so they stay in
 * the form of protobufjs: they are only passed back.
 */
export interface Packet {
  readonly type: number;
  readonly dialRequest?: { readonly protocol: string; readonly address: string; readonly random: number };
  readonly dialResponse?: { readonly error: string; readonly connectID: unknown; readonly random: unknown };
  readonly data?: { readonly connectID: unknown; readonly error?: string; readonly data: Uint8Array };
  readonly closeRequest?: { readonly connectID: unknown };
  readonly closeResponse?: { readonly error: string; readonly connectID: unknown };
  readonly closeDial?: { readonly random: number };
}

export const proxyPath = '/ProxyService/Proxy';

const int64 = (id: number) => ({ type: 'int64', id });
const string = (id: number) => ({ type: 'string', id });

const packet = protobuf.Root.fromJSON({
  edition: 'proto3',
  nested: {
    Packet: {
      fields: {
        type: { type: 'int32', id: 1 },
        dialRequest: { type: 'DialRequest', id: 2 },
        dialResponse: { type: 'DialResponse', id: 3 },
        data: { type: 'Data', id: 4 },
        closeRequest: { type: 'CloseRequest', id: 5 },
        closeResponse: { type: 'CloseResponse', id: 6 },
        closeDial: { type: 'CloseDial', id: 7 },
      },
    },
    DialRequest: { fields: { protocol: string(1), address: string(2), random: int64(3) } },
    DialResponse: { fields: { error: string(1), connectID: int64(2), random: int64(3) } },
    CloseRequest: { fields: { connectID: int64(1) } },
    CloseResponse: { fields: { error: string(1), connectID: int64(2) } },
    CloseDial: { fields: { random: int64(1) } },
    Data: { fields: { connectID: int64(1), error: string(2), data: { type: 'bytes', id: 3 } } },
  },
} as unknown as protobuf.INamespace).lookupType('Packet');

export const encodePacket = (value: Packet): Buffer => Buffer.from(packet.encode(value as object).finish());
export const decodePacket = (bytes: Uint8Array): Packet => packet.decode(bytes) as unknown as Packet;
