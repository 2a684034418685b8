import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

/** Maps the `host:port` requested from a proxy to a port on loopback. Undefined: the proxy refuses. */
export type Routes = (place: string) => number | undefined;

export interface EgressProxyServer {
  /** The requested addresses, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/**
 * An HTTP CONNECT proxy, on a port of loopback or a socket; over TLS if it has a certificate, and then for clients of
 * `ca` only.
 */
export async function startConnectProxy(
  routes: Routes,
  options: { path?: string; tls?: { cert: string; key: string; ca: string } } = {},
): Promise<EgressProxyServer & { readonly port: number }> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  const { tls } = options;
  const server = tls ? createHttpsServer({ ...tls, requestCert: true, rejectUnauthorized: true }) : createHttpServer();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined).once('close', () => open.delete(socket));
  });
  server.on('connect', ({ url = '' }: { url?: string }, socket: Socket) => {
    asked.push(url);
    socket.on('error', () => undefined);
    const port = routes(url);
    if (port === undefined) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const through = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      through.pipe(socket);
      socket.pipe(through);
    });
    through.on('error', () => socket.destroy());
    socket.once('close', () => through.destroy());
  });
  await new Promise<void>((resolve) => server.listen(options.path ?? { port: 0, host: '127.0.0.1' }, resolve));
  const address = server.address();
  return {
    asked,
    port: typeof address === 'string' ? 0 : (address as AddressInfo).port,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Konnectivity's `client.proto`, as far as one connection per stream needs it. */
const packet = protobuf
  .parse(`
    syntax = "proto3";
    enum PacketType { DIAL_REQ = 0; DIAL_RSP = 1; CLOSE_REQ = 2; CLOSE_RSP = 3; DATA = 4; DIAL_CLS = 5; }
    message Packet {
      PacketType type = 1;
      oneof payload {
        DialRequest dialRequest = 2; DialResponse dialResponse = 3; Data data = 4;
        CloseRequest closeRequest = 5; CloseResponse closeResponse = 6; CloseDial closeDial = 7;
      }
    }
    message DialRequest { string protocol = 1; string address = 2; int64 random = 3; }
    message DialResponse { string error = 1; int64 connectID = 2; int64 random = 3; string bearerToken = 4; }
    message CloseRequest { int64 connectID = 1; }
    message CloseResponse { string error = 1; int64 connectID = 2; }
    message CloseDial { int64 random = 1; }
    message Data { int64 connectID = 1; string error = 2; bytes data = 3; }
  `)
  .root.lookupType('Packet');

interface Received {
  readonly type: number;
  readonly dialRequest?: { readonly protocol: string; readonly address: string; readonly random: unknown };
  readonly data?: { readonly connectID: unknown; readonly data: Uint8Array };
}

/** A konnectivity server that connects directly instead of through agents. */
export async function startKonnectivity(routes: Routes, path: string): Promise<EgressProxyServer> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  let lastId = 2 ** 40;
  const proxy = (stream: ServerDuplexStream<Received, object>): void => {
    const connectID = ++lastId;
    let through: Socket | undefined;
    stream.on('error', () => through?.destroy()).on('cancelled', () => through?.destroy());
    stream.on('end', () => stream.end());
    stream.on('data', ({ type, dialRequest, data }: Received) => {
      if (type === 0 && dialRequest) {
        const { address, random } = dialRequest;
        asked.push(`${dialRequest.protocol}!${address}`);
        const port = routes(address);
        if (port === undefined) {
          stream.write({ type: 1, dialResponse: { error: `no agent for ${address}`, random } });
          return;
        }
        through = connect(port, '127.0.0.1', () => stream.write({ type: 1, dialResponse: { connectID, random } }));
        open.add(through);
        through.on('data', (bytes: Buffer) => stream.write({ type: 4, data: { connectID, data: bytes } }));
        through.on('error', () => undefined);
        through.once('close', () => {
          stream.write({ type: 3, closeResponse: { connectID } });
        });
      } else if (type === 4 && data) through?.write(data.data);
      else if (type === 2) {
        through?.end();
      }
    });
  };
  const server = new Server();
  const definition = {
    path: '/ProxyService/Proxy',
    requestStream: true,
    responseStream: true,
    requestSerialize: (value: object) => Buffer.from(packet.encode(value).finish()),
    requestDeserialize: (bytes: Buffer) => packet.decode(bytes) as unknown as Received,
    responseSerialize: (value: object) => Buffer.from(packet.encode(packet.fromObject(value)).finish()),
    responseDeserialize: (bytes: Buffer) => packet.decode(bytes),
  };
  server.addService({ proxy: definition } as never, { proxy } as never);
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    ),
  );
  return {
    asked,
    close: async () => {
      server.forceShutdown();
      for (const socket of open) socket.destroy();
    },
  };
}
