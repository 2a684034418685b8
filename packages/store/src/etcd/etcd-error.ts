import { status } from '@grpc/grpc-js';

/** A call to etcd that failed: the message is etcd's own, or the connection's. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  /** A code of gRPC. */
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function etcdErrorOf(error: unknown): EtcdError {
  if (error instanceof EtcdError) return error;
  const { code, details, message } = error as { code?: unknown; details?: unknown; message?: unknown };
  return new EtcdError(
    typeof code === 'number' ? code : status.UNKNOWN,
    typeof details === 'string' && details !== '' ? details : String(message),
    { cause: error },
  );
}

/** Another member may answer, or this one later. */
export const isUnavailable = ({ code }: EtcdError): boolean =>
  code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED;

/** The call cannot have had an effect: there was no connection to send it on. */
export const wasNeverSent = ({ code, message }: EtcdError): boolean =>
  code === status.UNAVAILABLE && /^(No connection established|Name resolution failed)/.test(message);

export const isCompacted = ({ code, message }: EtcdError): boolean =>
  code === status.OUT_OF_RANGE && message.includes('has been compacted');
