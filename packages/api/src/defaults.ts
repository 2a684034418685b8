import { defaultAdmissionPolicy, defaultAdmissionPolicyBinding } from './admissionregistration/policy-defaults.ts';
import {
  defaultMutatingWebhookConfiguration,
  defaultValidatingWebhookConfiguration,
} from './admissionregistration/webhook-defaults.ts';
import { defaultCustomResourceDefinition } from './apiextensions/custom-resource-definition-defaults.ts';
import { defaultAPIService } from './apiregistration/api-service-defaults.ts';
import { defaultDaemonSet } from './apps/daemon-set-defaults.ts';
import { defaultDeployment } from './apps/deployment-defaults.ts';
import { defaultReplicaSet } from './apps/replica-set-defaults.ts';
import { defaultStatefulSet } from './apps/stateful-set-defaults.ts';
import { defaultTokenRequest } from './authentication/token-request-defaults.ts';
import {
  defaultHorizontalPodAutoscaler,
  defaultHorizontalPodAutoscalerV1,
  defaultScale,
} from './autoscaling/horizontal-pod-autoscaler-defaults.ts';
import { defaultCronJob } from './batch/cron-job-defaults.ts';
import { defaultJob } from './batch/job-defaults.ts';
import { defaultPodCertificateRequest } from './certificates/pod-certificate-request-defaults.ts';
import { defaultEndpoints } from './core/endpoints-defaults.ts';
import { defaultLimitRange } from './core/limit-range-defaults.ts';
import { defaultNamespace } from './core/namespace-defaults.ts';
import { defaultNode } from './core/node-defaults.ts';
import { defaultPersistentVolumeClaim } from './core/persistent-volume-claim-defaults.ts';
import { defaultPersistentVolume } from './core/persistent-volume-defaults.ts';
import { defaultPod, defaultPodTemplate } from './core/pod-defaults.ts';
import { defaultReplicationController } from './core/replication-controller-defaults.ts';
import { defaultResourceQuota } from './core/resource-quota-defaults.ts';
import { defaultSecret } from './core/secret-defaults.ts';
import { defaultService } from './core/service-defaults.ts';
import { defaultEndpointSlice } from './discovery/endpoint-slice-defaults.ts';
import { defaultFlowSchema, defaultPriorityLevelConfiguration } from './flowcontrol/defaults.ts';
import { defaultIngressClass, defaultNetworkPolicy } from './networking/defaults.ts';
import { defaultBinding } from './rbac/binding-defaults.ts';
import { defaultResourceClaim, defaultResourceClaimTemplate } from './resource/claim-defaults.ts';
import { defaultPriorityClass } from './scheduling/priority-class-defaults.ts';
import { defaultPodPreset } from './settings/pod-preset-defaults.ts';
import { defaultCSIDriver, defaultStorageClass } from './storage/defaults.ts';

/** Keyed `<group>/<version>/<kind>`; other kinds have no defaults. */
const defaulters: Readonly<Record<string, (object: never) => void>> = {
  '/v1/Endpoints': defaultEndpoints,
  '/v1/LimitRange': defaultLimitRange,
  '/v1/Namespace': defaultNamespace,
  '/v1/Node': defaultNode,
  '/v1/PersistentVolume': defaultPersistentVolume,
  '/v1/PersistentVolumeClaim': defaultPersistentVolumeClaim,
  '/v1/Pod': defaultPod,
  '/v1/PodTemplate': defaultPodTemplate,
  '/v1/ReplicationController': defaultReplicationController,
  '/v1/ResourceQuota': defaultResourceQuota,
  '/v1/Secret': defaultSecret,
  '/v1/Service': defaultService,
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy': defaultAdmissionPolicy,
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding': defaultAdmissionPolicyBinding,
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': defaultMutatingWebhookConfiguration,
  'admissionregistration.k8s.io/v1alpha1/MutatingAdmissionPolicy': defaultAdmissionPolicy,
  'admissionregistration.k8s.io/v1alpha1/MutatingAdmissionPolicyBinding': defaultAdmissionPolicyBinding,
  'admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicy': defaultAdmissionPolicy,
  'admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicyBinding': defaultAdmissionPolicyBinding,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': defaultAdmissionPolicy,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': defaultAdmissionPolicyBinding,
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': defaultValidatingWebhookConfiguration,
  'apiextensions.k8s.io/v1/CustomResourceDefinition': defaultCustomResourceDefinition,
  'apiregistration.k8s.io/v1/APIService': defaultAPIService,
  'apps/v1/DaemonSet': defaultDaemonSet,
  'apps/v1/Deployment': defaultDeployment,
  'apps/v1/ReplicaSet': defaultReplicaSet,
  'apps/v1/StatefulSet': defaultStatefulSet,
  'authentication.k8s.io/v1/TokenRequest': defaultTokenRequest,
  'autoscaling/v1/HorizontalPodAutoscaler': defaultHorizontalPodAutoscalerV1,
  'autoscaling/v1/Scale': defaultScale,
  'autoscaling/v2/HorizontalPodAutoscaler': defaultHorizontalPodAutoscaler,
  'batch/v1/CronJob': defaultCronJob,
  'batch/v1/Job': defaultJob,
  'certificates.k8s.io/v1beta1/PodCertificateRequest': defaultPodCertificateRequest,
  'discovery.k8s.io/v1/EndpointSlice': defaultEndpointSlice,
  'flowcontrol.apiserver.k8s.io/v1/FlowSchema': defaultFlowSchema,
  'flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration': defaultPriorityLevelConfiguration,
  'networking.k8s.io/v1/IngressClass': defaultIngressClass,
  'networking.k8s.io/v1/NetworkPolicy': defaultNetworkPolicy,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': defaultBinding,
  'rbac.authorization.k8s.io/v1/RoleBinding': defaultBinding,
  'resource.k8s.io/v1/ResourceClaim': defaultResourceClaim,
  'resource.k8s.io/v1/ResourceClaimTemplate': defaultResourceClaimTemplate,
  'resource.k8s.io/v1beta1/ResourceClaim': defaultResourceClaim,
  'resource.k8s.io/v1beta1/ResourceClaimTemplate': defaultResourceClaimTemplate,
  'resource.k8s.io/v1beta2/ResourceClaim': defaultResourceClaim,
  'resource.k8s.io/v1beta2/ResourceClaimTemplate': defaultResourceClaimTemplate,
  'scheduling.k8s.io/v1/PriorityClass': defaultPriorityClass,
  'settings.k8s.io/v1alpha1/PodPreset': defaultPodPreset,
  'storage.k8s.io/v1/CSIDriver': defaultCSIDriver,
  'storage.k8s.io/v1/StorageClass': defaultStorageClass,
};

/**
 * Sets the defaults of a decoded object in place: the caller must own the object. Idempotent. Kinds without defaults
 * are left as they are.
 */
export function applyDefaults(
  type: { readonly group: string; readonly version: string; readonly kind: string },
  object: object,
): void {
  defaulters[`${type.group}/${type.version}/${type.kind}`]?.(object as never);
}
