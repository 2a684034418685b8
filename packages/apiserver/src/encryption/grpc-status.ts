import { grpcCodes } from '@typernetes/base';

/**
 * The status of a failed call, which may be the cause of another error. Errors that are not gRPC's happened before the
 * call.
 */
export function grpcStatus(error: unknown): string {
  if (error === null || error === undefined) return 'OK';
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'number' && grpcCodes[code] !== undefined) return grpcCodes[code];
  return cause === undefined ? 'unknown-non-grpc' : grpcStatus(cause);
}
