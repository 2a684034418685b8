export { validateDaemonSet, validateDaemonSetUpdate } from './apps/daemon-set-validation.ts';
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
  validateStatefulSetUpdate,
} from './apps/stateful-set-validation.ts';
export { validateCronJob, validateCronJobUpdate } from './batch/cron-job-validation.ts';
export { validateJob, validateJobUpdate } from './batch/job-validation.ts';
export { validateLease } from './coordination/lease-validation.ts';
export {
  validateConfigMap,
  validateConfigMapUpdate,
  validateSecret,
  validateSecretUpdate,
} from './core/configuration-validation.ts';
export { validateEndpoints } from './core/endpoints-validation.ts';
export { validateNamespace, validateNamespaceStatus } from './core/namespace-validation.ts';
export { validateNode, validateNodeUpdate } from './core/node-validation.ts';
export {
  validatePersistentVolume,
  validatePersistentVolumeClaim,
  validatePersistentVolumeClaimUpdate,
  validatePersistentVolumeUpdate,
} from './core/persistent-volume-validation.ts';
export {
  validateEphemeralContainersUpdate,
  validatePod,
  validatePodStatusUpdate,
  validatePodTemplate,
  validatePodUpdate,
} from './core/pod-validation.ts';
export { validateReplicationController } from './core/replication-controller-validation.ts';
export { validateService, validateServiceStatus, validateServiceUpdate } from './core/service-validation.ts';
export { validateEndpointSlice, validateEndpointSliceUpdate } from './discovery/endpoint-slice-validation.ts';
export {
  type MetaRules,
  validateFieldManager,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './meta/object-meta-validation.ts';
export { validateIngress, validateIngressClassUpdate } from './networking/ingress-validation.ts';
export { validateNetworkPolicy } from './networking/network-policy-validation.ts';
export { validatePodDisruptionBudget } from './policy/pod-disruption-budget-validation.ts';
export {
  validateClusterRole,
  validateClusterRoleBinding,
  validateClusterRoleBindingUpdate,
  validateRole,
  validateRoleBinding,
  validateRoleBindingUpdate,
} from './rbac/validation.ts';
export { validatePriorityClass, validatePriorityClassUpdate } from './scheduling/priority-class-validation.ts';
export { validateStorageClass, validateStorageClassUpdate } from './storage/validation.ts';
