import { status } from '@grpc/grpc-js';
import { grpcCodes } from '@typernetes/base';
import { StoreError } from '../store.ts';

/** A call to etcd that failed, in the words in which etcd's client in Go tells it: they reach the users of the API. */
export class EtcdError extends StoreError {
  /** A code of gRPC. */
  readonly code: number;
  /** The call cannot have had an effect: there was no connection to send it on. */
  readonly neverSent: boolean;

  constructor(code: number, message: string, options: ErrorOptions & { readonly neverSent?: boolean } = {}) {
    super(message, options);
    this.code = code;
    this.neverSent = options.neverSent ?? false;
  }
}

/** `address` is the member's, for connections that cannot be made. */
export function etcdErrorOf(error: unknown, address: string): EtcdError {
  if (error instanceof EtcdError) return error;
  const failed = error as { code?: unknown; details?: unknown; message?: unknown };
  const code = typeof failed.code === 'number' ? failed.code : status.UNKNOWN;
  const details = typeof failed.details === 'string' && failed.details !== '' ? failed.details : String(failed.message);
  const neverSent = code === status.UNAVAILABLE && unsent.test(details);
  return new EtcdError(code, messageOf(code, details, address), { cause: error, neverSent });
}

const unsent = /^(No connection established|Name resolution failed)/;

/** Etcd's own messages are used as they are; failures of calls are prefixed by their code (upstream: clientv3.toErr). */
function messageOf(code: number, details: string, address: string): string {
  if (details.startsWith('etcdserver: ')) return details;
  if (code === status.DEADLINE_EXCEEDED) return 'context deadline exceeded';
  if (code === status.CANCELLED) return 'context canceled';
  return `rpc error: code = ${grpcCodes[code] ?? `Code(${code})`} desc = ${description(code, details, address)}`;
}

function description(code: number, details: string, address: string): string {
  // In Go the client measures what it sends, by the same limit.
  if (code === status.RESOURCE_EXHAUSTED)
    return details.replace(/^grpc: received message larger than max/, 'trying to send message larger than max');
  if (code !== status.UNAVAILABLE) return details;
  if (unsent.test(details))
    return `connection error: desc = ${JSON.stringify(`transport: ${dialed(details, address)}`)}`;
  return /ECONNRESET|Connection dropped|RST_STREAM/.test(details) ? 'error reading from server: EOF' : details;
}

function dialed(details: string, address: string): string {
  const host = address.replace(/:\d+$/, '');
  const dial = 'Error while dialing: dial';
  if (/ENOENT/.test(details)) return `${dial} unix ${address}: connect: no such file or directory`;
  if (/ECONNREFUSED/.test(details)) return `${dial} tcp ${address}: connect: connection refused`;
  if (/EHOSTUNREACH/.test(details)) return `${dial} tcp ${address}: connect: no route to host`;
  if (/ENETUNREACH/.test(details)) return `${dial} tcp ${address}: connect: network is unreachable`;
  if (/ETIMEDOUT/.test(details)) return `${dial} tcp ${address}: i/o timeout`;
  if (/ENOTFOUND|Name resolution failed/.test(details)) return `${dial} tcp: lookup ${host}: no such host`;
  const last = /Last error: (?:Error: )?(.*?)\.? Resolution note/.exec(details)?.[1] ?? details;
  return /self-signed certificate|unable to (verify|get)/.test(last)
    ? 'authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority'
    : `authentication handshake failed: ${last}`;
}

/** Another member may answer, or this one later. */
export const isUnavailable = ({ code }: EtcdError): boolean =>
  code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED;

export const isCompacted = ({ code, message }: EtcdError): boolean =>
  code === status.OUT_OF_RANGE && message.includes('has been compacted');
