export type { CallOptions, ContainerFilter, ContainerRuntime, SandboxFilter } from './container-runtime.ts';
export { connectRuntime } from './cri-runtime.ts';
export type * from './messages.ts';
export { type GrpcCode, isRuntimeNotFound, isUnimplemented, RuntimeError, runtimeCodeOf } from './runtime-error.ts';
