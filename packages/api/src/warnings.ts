/**
 * Warnings to clients about objects that are accepted nevertheless, for Warning headers; the texts are exactly
 * upstream's.
 */
export { staticNameWarnings } from './admissionregistration/static-name-warnings.ts';
export { jobSpecWarnings } from './batch/job-warnings.ts';
export { addressWarnings, cidrWarnings } from './core/address-warnings.ts';
export { endpointsWarnings } from './core/endpoints-warnings.ts';
export { podNamesWarnings } from './core/name-warnings.ts';
export { appArmorAnnotation, appArmorText, podTemplateWarnings, podWarnings } from './core/pod-warnings.ts';
export { serviceWarnings } from './core/service-warnings.ts';
export { claimSpecWarnings, claimWarnings, persistentVolumeWarnings } from './core/volume-warnings.ts';
export { endpointSliceAddressWarnings, endpointSliceWarnings } from './discovery/endpoint-slice-warnings.ts';
export { networkPolicyWarnings } from './networking/network-policy-warnings.ts';
export { runtimeClassWarnings } from './node/runtime-class-warnings.ts';
export { storageCapacityWarnings, storageClassWarnings } from './storage/storage-class-warnings.ts';
