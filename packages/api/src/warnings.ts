/** What the server tells writers of objects that it takes all the same: texts for Warning headers, upstream's to the letter. */
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
