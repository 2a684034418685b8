/** Of gRPC, by their numbers, as Go names them. */
const names = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const;

/** The status of a call, also of one whose failure is another's cause. What is no failure of gRPC has failed before anybody was asked. */
export function grpcStatus(error: unknown): string {
  if (error === null || error === undefined) return 'OK';
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'number' && names[code] !== undefined) return names[code];
  return cause === undefined ? 'unknown-non-grpc' : grpcStatus(cause);
}
