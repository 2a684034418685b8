import { grpcCodes } from '@typernetes/base';

/** The status of a call, also of one whose failure is another's cause. What is no failure of gRPC has failed before anybody was asked. */
export function grpcStatus(error: unknown): string {
  if (error === null || error === undefined) return 'OK';
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'number' && grpcCodes[code] !== undefined) return grpcCodes[code];
  return cause === undefined ? 'unknown-non-grpc' : grpcStatus(cause);
}
