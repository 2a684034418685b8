import type { GrpcCode } from '@typernetes/base';

/**
 * A failure that the container runtime reports. The message is formatted as by Go's gRPC, since it ends up in events.
 */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly code: GrpcCode;
  readonly details: string;

  constructor(code: GrpcCode, details: string) {
    super(`rpc error: code = ${code} desc = ${details}`);
    this.code = code;
    this.details = details;
  }
}

export function runtimeCodeOf(error: unknown): GrpcCode | undefined {
  return error instanceof Error && error.name === 'RuntimeError' ? (error as RuntimeError).code : undefined;
}

/** The runtime does not know the sandbox, container or image. */
export const isRuntimeNotFound = (error: unknown): boolean => runtimeCodeOf(error) === 'NotFound';
/** The runtime does not implement the call. */
export const isUnimplemented = (error: unknown): boolean => runtimeCodeOf(error) === 'Unimplemented';
