export type { CallOptions, ContainerFilter, ContainerRuntime, SandboxFilter } from './container-runtime.ts';
export { connectRuntime } from './cri-runtime.ts';
export {
  type CsiNodePlugin,
  connectCsi,
  connectRegistration,
  csiCodecs,
  csiMethod,
  type NodeInfo,
  type PluginInfo,
  type PluginRegistration,
  type PublishRequest,
  registrationMethods,
  type StageRequest,
  type VolumeCapability,
  type VolumeUsage,
} from './csi.ts';
export { type Handler, serveGrpc } from './grpc-server.ts';
export type * from './messages.ts';
export { type GrpcCode, isRuntimeNotFound, isUnimplemented, RuntimeError, runtimeCodeOf } from './runtime-error.ts';
