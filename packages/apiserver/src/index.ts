export type { AdmissionPlugin } from './admission/admission-plugin.ts';
export type { AuditSink } from './audit/audit-backend.ts';
export type { Authenticator, Credentials } from './authentication/authenticator.ts';
export type { Authorizer } from './authorization/authorizer.ts';
export { type Egress, openEgress } from './egress/egress.ts';
export type { UserInfo } from './identity/user-info.ts';
export {
  type CompletedConfig,
  completeConfig,
  validateConfig,
} from './options/api-server-config.ts';
export { type ApiServerFlags, apiServerFlags } from './options/flags.ts';
export { ineffectiveFlags } from './options/ineffective-flags.ts';
export { type ApiServerMaterial, readMaterial, reloadMaterial, watchedFiles } from './options/material.ts';
export { makeServingFiles } from './options/serving-certificate.ts';
export { connectionRules } from './options/tls-rules.ts';
export { builtInResources } from './registry/resources.ts';
export type { Allocator, ServedResource } from './registry/served-resource.ts';
export {
  type ApiServer,
  type ApiServerOptions,
  loopbackUser,
  type ServerInside,
  startApiServer,
} from './server/api-server.ts';
export { type ConfiguredServerOptions, startConfiguredServer } from './server/configured-server.ts';
export { openTracing } from './server/open-tracing.ts';
export { openOtherStores, openStore } from './server/opened-stores.ts';
export type { ApiServerParts } from './server/part-slots.ts';
export type { Listening, TlsMaterial } from './serving/tls-server.ts';
