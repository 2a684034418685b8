import type { Socket } from 'node:net';
import { Client, type ClientDuplexStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import type { Random } from '@typernetes/base';
import { DialError } from './dial-error.ts';
import type { EgressProxy } from './egress-proxy.ts';
import { decodePacket, encodePacket, type Packet, packetType, proxyPath } from './konnectivity-packet.ts';
import { TunnelSocket } from './tunnel-socket.ts';

type PacketStream = ClientDuplexStream<Packet, Packet>;

/**
 * A konnectivity server behind a Unix socket. All connections share one gRPC channel, each with its own stream, so that
 * one whose data is not read does not hold up others.
 */
export function konnectivityProxy(socketPath: string, { random }: { readonly random: Random }): EgressProxy {
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
    'grpc.enable_http_proxy': 0,
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.service_config_disable_resolution': 1,
  });
  return {
    protocol: 'grpc',
    transport: 'uds',
    dial: (place, signal) => {
      const stream = client.makeBidiStreamRequest(proxyPath, encodePacket, (bytes: Buffer) => decodePacket(bytes));
      return dialed(stream, { place, dialId: Math.floor(random.next() * Number.MAX_SAFE_INTEGER), signal });
    },
    close: () => client.close(),
  };
}

function dialed(
  stream: PacketStream,
  { place, dialId, signal }: { place: string; dialId: number; signal: AbortSignal },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (error: DialError): void => {
      settle();
      // Cancelling a stream causes an error event on it.
      stream.on('error', () => {});
      stream.cancel();
      reject(error);
    };
    const giveUp = (): void => {
      stream.write({ type: packetType.dialClose, closeDial: { random: dialId } });
      fail(new DialError('dial timeout, context', 'proxy', { cause: signal.reason }));
    };
    const answered = ({ type, dialResponse }: Packet): void => {
      if (type === packetType.dialClose) fail(new DialError('dial closed', 'proxy'));
      else if (type === packetType.dialResponse && dialResponse?.error)
        fail(new DialError(dialResponse.error, 'proxy'));
      else if (type === packetType.dialResponse && dialResponse) {
        settle();
        resolve(new TunnelSocket(stream, dialResponse.connectID) as unknown as Socket);
      }
    };
    const failed = (error: ServiceError): void =>
      fail(new DialError(error.details, error.code === status.UNAVAILABLE ? 'connect' : 'proxy', { cause: error }));
    const ended = (): void => fail(new DialError('tunnel closed', 'proxy'));
    const settle = (): void => {
      signal.removeEventListener('abort', giveUp);
      stream.off('data', answered).off('error', failed).off('end', ended);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    stream.on('data', answered).on('error', failed).on('end', ended);
    stream.write({
      type: packetType.dialRequest,
      dialRequest: { protocol: 'tcp', address: place, random: dialId },
    });
  });
}
