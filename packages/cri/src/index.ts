export type { CallOptions, ContainerFilter, ContainerRuntime, SandboxFilter } from './container-runtime.ts';
export { connectRuntime } from './cri-runtime.ts';
export {
  type CsiNodePlugin,
  connectCsi,
  csiCodecs,
  csiMethod,
  type NodeInfo,
  type PublishRequest,
  type StageRequest,
  type VolumeCapability,
  type VolumeUsage,
} from './csi.ts';
export {
  connectDevicePlugin,
  type DeviceAllocation,
  type DevicePlugin,
  type DevicePluginOptions,
  type DeviceRegistration,
  devicePluginCodecs,
  devicePluginMethods,
  type PluginDevice,
} from './device-plugin.ts';
export {
  connectDra,
  type DraClaim,
  type DraDevice,
  type DraDeviceHealth,
  type DraPlugin,
  type DraVersion,
  draMethod,
  draVersions,
} from './dra.ts';
export { GrpcChannel } from './grpc-channel.ts';
export { type Handler, serveGrpc } from './grpc-server.ts';
export type * from './messages.ts';
export {
  connectRegistration,
  type PluginInfo,
  type PluginRegistration,
  registrationCodecs,
  registrationMethods,
} from './plugin-registration.ts';
export { podResourcesCodecs, podResourcesMethods } from './pod-resources.ts';
export { isRuntimeNotFound, isUnimplemented, RuntimeError, runtimeCodeOf } from './runtime-error.ts';
