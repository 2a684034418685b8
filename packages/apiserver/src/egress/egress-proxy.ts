import type { Socket } from 'node:net';

/** Somebody who makes connections for this server. Labels are those of upstream's metrics. */
export interface EgressProxy {
  readonly protocol: 'http_connect' | 'grpc';
  readonly transport: 'tcp' | 'uds';
  /** A connection to a place, `host:port`. Rejects with a DialError. Once it is there the signal has no effect any more. */
  dial(place: string, signal: AbortSignal): Promise<Socket>;
  close(): void;
}
