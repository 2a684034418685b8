export {
  validateMutatingAdmissionPolicy,
  validateMutatingAdmissionPolicyBinding,
  validateValidatingAdmissionPolicy,
  validateValidatingAdmissionPolicyBinding,
  validateValidatingAdmissionPolicyStatus,
} from './admissionregistration/policy-validation.ts';
export {
  clientProblems,
  validateMutatingWebhookConfiguration,
  validateValidatingWebhookConfiguration,
} from './admissionregistration/webhook-validation.ts';
export { validateAPIService } from './apiregistration/api-service-validation.ts';
export { validateStorageVersionStatus } from './apiserverinternal/storage-version-validation.ts';
export {
  validateDaemonSet,
  validateDaemonSetStatusUpdate,
  validateDaemonSetUpdate,
} from './apps/daemon-set-validation.ts';
export {
  validateDeployment,
  validateDeploymentStatusUpdate,
  validateDeploymentUpdate,
} from './apps/deployment-validation.ts';
export {
  validateReplicaSet,
  validateReplicaSetStatus,
  validateReplicaSetUpdate,
} from './apps/replica-set-validation.ts';
export {
  validateControllerRevision,
  validateControllerRevisionUpdate,
  validateStatefulSet,
  validateStatefulSetStatusUpdate,
  validateStatefulSetUpdate,
} from './apps/stateful-set-validation.ts';
export {
  validateHorizontalPodAutoscaler,
  validateHorizontalPodAutoscalerStatus,
  validateHorizontalPodAutoscalerUpdate,
} from './autoscaling/horizontal-pod-autoscaler-validation.ts';
export { validateCronJob, validateCronJobUpdate } from './batch/cron-job-validation.ts';
export { validateJobStatusUpdate } from './batch/job-status-validation.ts';
export { validateJob, validateJobUpdate } from './batch/job-validation.ts';
export {
  validateCertificateSigningRequest,
  validateCertificateSigningRequestApproval,
  validateCertificateSigningRequestStatus,
} from './certificates/certificate-signing-request-validation.ts';
export {
  validateClusterTrustBundle,
  validateClusterTrustBundleUpdate,
  validatePodCertificateRequest,
  validatePodCertificateRequestConditions,
  validatePodCertificateRequestUpdate,
} from './certificates/preview-validation.ts';
export { validateLeaseCandidate } from './coordination/lease-candidate-validation.ts';
export { validateLease } from './coordination/lease-validation.ts';
export {
  validateConfigMap,
  validateConfigMapUpdate,
  validateSecret,
  validateSecretUpdate,
} from './core/configuration-validation.ts';
export { validateEndpoints } from './core/endpoints-validation.ts';
export { validateCoreEvent, validateEvent, validateEventUpdate } from './core/event-validation.ts';
export { validateLimitRange } from './core/limit-range-validation.ts';
export { validateNamespace, validateNamespaceFinalize, validateNamespaceStatus } from './core/namespace-validation.ts';
export { validateNode, validateNodeUpdate } from './core/node-validation.ts';
export {
  validatePersistentVolume,
  validatePersistentVolumeClaim,
  validatePersistentVolumeClaimStatus,
  validatePersistentVolumeClaimUpdate,
  validatePersistentVolumeUpdate,
} from './core/persistent-volume-validation.ts';
export { validatePodResize } from './core/pod-resize-validation.ts';
export {
  validateEphemeralContainersUpdate,
  validatePod,
  validatePodStatusUpdate,
  validatePodTemplate,
  validatePodUpdate,
} from './core/pod-validation.ts';
export {
  validateReplicationController,
  validateReplicationControllerStatus,
} from './core/replication-controller-validation.ts';
export {
  validateResourceQuota,
  validateResourceQuotaStatus,
  validateResourceQuotaUpdate,
} from './core/resource-quota-validation.ts';
export {
  serviceAddressProblems,
  validateService,
  validateServiceStatus,
  validateServiceUpdate,
} from './core/service-validation.ts';
export { validateEndpointSlice, validateEndpointSliceUpdate } from './discovery/endpoint-slice-validation.ts';
export { validateFlowSchema, validateFlowSchemaStatus } from './flowcontrol/flow-schema-validation.ts';
export { mandatoryFlowSchemas, mandatoryPriorityLevels } from './flowcontrol/mandatory-configuration.ts';
export {
  validatePriorityLevelConfiguration,
  validatePriorityLevelConfigurationStatus,
} from './flowcontrol/priority-level-validation.ts';
export { annotationProblems, labelProblems } from './meta/labels-validation.ts';
export {
  type MetaRules,
  validateFieldManager,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './meta/object-meta-validation.ts';
export { validateIngressClass, validateIngressClassUpdate } from './networking/ingress-class-validation.ts';
export { validateIngress, validateIngressStatus, validateIngressUpdate } from './networking/ingress-validation.ts';
export { addressNameProblems, validateIPAddress, validateIPAddressUpdate } from './networking/ip-address-validation.ts';
export { validateNetworkPolicy } from './networking/network-policy-validation.ts';
export { validateServiceCIDR, validateServiceCIDRUpdate } from './networking/service-cidr-validation.ts';
export { validateRuntimeClass, validateRuntimeClassUpdate } from './node/runtime-class-validation.ts';
export {
  validatePodDisruptionBudget,
  validatePodDisruptionBudgetStatus,
} from './policy/pod-disruption-budget-validation.ts';
export {
  validateClusterRole,
  validateClusterRoleBinding,
  validateClusterRoleBindingUpdate,
  validateRole,
  validateRoleBinding,
  validateRoleBindingUpdate,
} from './rbac/validation.ts';
export { validateResourceClaimStatus } from './resource/claim-status-validation.ts';
export {
  validateDeviceClass,
  validateResourceClaim,
  validateResourceClaimTemplate,
  validateResourceClaimTemplateUpdate,
  validateResourceClaimUpdate,
} from './resource/claim-validation.ts';
export { validateResourceSlice, validateResourceSliceUpdate } from './resource/slice-validation.ts';
export {
  validateDeviceTaintRule,
  validateDeviceTaintRuleStatus,
  validateResourcePoolStatusRequest,
  validateResourcePoolStatusRequestStatus,
  validateResourcePoolStatusRequestUpdate,
} from './resource/taint-rule-validation.ts';
export {
  validatePodGroup,
  validatePodGroupStatus,
  validatePodGroupUpdate,
} from './scheduling/pod-group-validation.ts';
export { validatePriorityClass, validatePriorityClassUpdate } from './scheduling/priority-class-validation.ts';
export { validateWorkload, validateWorkloadUpdate } from './scheduling/workload-validation.ts';
export { validatePodPreset } from './settings/pod-preset-validation.ts';
export { validateCSIDriver, validateCSIDriverUpdate } from './storage/csi-driver-validation.ts';
export { validateCSINode, validateCSINodeUpdate } from './storage/csi-node-validation.ts';
export {
  validateCSIStorageCapacity,
  validateCSIStorageCapacityUpdate,
} from './storage/csi-storage-capacity-validation.ts';
export { validateStorageClass, validateStorageClassUpdate } from './storage/storage-class-validation.ts';
export { validateVolumeAttachment, validateVolumeAttachmentUpdate } from './storage/volume-attachment-validation.ts';
export {
  validateVolumeAttributesClass,
  validateVolumeAttributesClassUpdate,
} from './storage/volume-attributes-class-validation.ts';
export {
  validateStorageVersionMigration,
  validateStorageVersionMigrationStatus,
  validateStorageVersionMigrationUpdate,
} from './storagemigration/storage-version-migration-validation.ts';
