import {
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  mutatingwebhookconfigurations,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
  validatingwebhookconfigurations,
} from '@typernetes/api/admissionregistration/v1';
import { limitranges, namespaces, nodes, pods, resourcequotas, serviceaccounts } from '@typernetes/api/core/v1';
import type { Configuration as RateLimitConfiguration } from '@typernetes/api/eventratelimit.config/v1alpha1';
import { ingressclasses } from '@typernetes/api/networking/v1';
import { runtimeclasses } from '@typernetes/api/node/v1';
import type { PodSecurityConfiguration } from '@typernetes/api/podsecurity.config/v1';
import type { Configuration as TolerationConfiguration } from '@typernetes/api/podtolerationrestriction.config/v1alpha1';
import type { Configuration as QuotaConfiguration } from '@typernetes/api/resourcequota.config/v1';
import { priorityclasses } from '@typernetes/api/scheduling/v1';
import { podpresets } from '@typernetes/api/settings/v1alpha1';
import { storageclasses } from '@typernetes/api/storage/v1';
import type { Clock, Random } from '@typernetes/base';
import type { ApiClient, EventRecorder, Informer, Lister } from '@typernetes/client';
import type { ApiObject, ResourceType } from '@typernetes/machinery';
import type { Authorize } from '../authorization/authorizer.ts';
import { kubeconfigWebhook } from '../webhook/kubeconfig-webhook.ts';
import type { AdmissionPlugin } from './admission-plugin.ts';
import type { ConditionMetrics } from './cel/condition-metrics.ts';
import { conditionEnvironment } from './cel/environment.ts';
import { compileConditions } from './cel/match-conditions.ts';
import { requestVariables } from './cel/request-variables.ts';
import { alwaysPullImages } from './plugins/always-pull-images.ts';
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from './plugins/certificate-requests.ts';
import { clusterTrustBundleAttest } from './plugins/cluster-trust-bundle-attest.ts';
import { defaultIngressClass, defaultStorageClass } from './plugins/default-class.ts';
import { defaultTolerationSeconds, type TolerationSeconds } from './plugins/default-toleration-seconds.ts';
import { eventRateLimit } from './plugins/event-rate-limit.ts';
import { type ImagePolicyConfig, imagePolicyWebhook } from './plugins/image-policy-webhook.ts';
import { limitRanger } from './plugins/limit-ranger.ts';
import { mutatingPolicies } from './plugins/mutating-policies.ts';
import { mutatingWebhooks } from './plugins/mutating-webhooks.ts';
import { namespaceAutoProvision, namespaceExists } from './plugins/namespace-existence.ts';
import { namespaceLifecycle } from './plugins/namespace-lifecycle.ts';
import { nodeDeclaredFeatureValidator } from './plugins/node-declared-feature-validator.ts';
import { nodeRestriction } from './plugins/node-restriction.ts';
import { ownerReferencesPermissionEnforcement } from './plugins/owner-references-permission.ts';
import { persistentVolumeClaimResize } from './plugins/persistent-volume-claim-resize.ts';
import { podNodeSelector, podTolerationRestriction } from './plugins/placement-restrictions.ts';
import { podPreset } from './plugins/pod-preset.ts';
import { podResizeValidator } from './plugins/pod-resize-validator.ts';
import { podSecurity } from './plugins/pod-security.ts';
import { podTopologyLabels } from './plugins/pod-topology-labels.ts';
import { priority } from './plugins/priority.ts';
import { resourceQuota } from './plugins/resource-quota.ts';
import { runtimeClass } from './plugins/runtime-class.ts';
import { serviceAccount } from './plugins/service-account.ts';
import {
  alwaysAdmit,
  alwaysDeny,
  denyServiceExternalIPs,
  extendedResourceToleration,
  limitPodHardAntiAffinityTopology,
} from './plugins/simple-restrictions.ts';
import { storageObjectInUseProtection } from './plugins/storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './plugins/taint-nodes-by-condition.ts';
import { validatingPolicies } from './plugins/validating-policies.ts';
import { validatingWebhooks } from './plugins/validating-webhooks.ts';
import { podSecurityRules } from './pod-security/configuration.ts';
import type { SecurityMetrics } from './pod-security/security-metrics.ts';
import type { PolicyDeps } from './policy/invocations.ts';
import { compileMutatingPolicy } from './policy/mutating-policy.ts';
import { followPolicies } from './policy/policy-list.ts';
import type { PolicyTimes } from './policy/policy-metrics.ts';
import { compileValidatingPolicy } from './policy/validating-policy.ts';
import type { AskDeps } from './webhook/ask.ts';
import type { CompileConditions } from './webhook/hook.ts';
import { followHooks } from './webhook/hook-list.ts';

/** What plugins depend on. */
export interface AdmissionDeps {
  /** Reads the objects of a resource; empty if it is not served. */
  read<T extends ApiObject>(type: ResourceType<T>): Lister<T>;
  informer<T extends ApiObject>(type: ResourceType<T>): Pick<Informer<T>, 'lister' | 'onEvent'>;
  /** The resources of a kind: several may share one. */
  resourcesOf(apiVersion: string, kind: string): readonly ResourceType<unknown>[];
  /** How to call webhooks. */
  readonly asking: AskDeps;
  readonly policyTimes: PolicyTimes;
  readonly conditions?: ConditionMetrics;
  readonly podSecurityMetrics?: SecurityMetrics;
  /** Records events under a component's name. */
  events(component: string): EventRecorder;
  /** The server's own access to itself. */
  readonly client: Pick<ApiClient, 'resource'>;
  /** The plugin's part of the admission configuration file. */
  configurationOf(plugin: string): unknown;
  /** The default toleration seconds of pods. */
  readonly tolerationSeconds: TolerationSeconds;
  readonly authorize: Authorize;
  readonly clock: Clock;
  readonly random: Random;
}

interface PluginEntry {
  readonly name: string;
  /** Whether it is enabled by default. */
  readonly byDefault: boolean;
  /** The alpha feature gate without which upstream's plugin does nothing; here it does nothing either. */
  readonly behind?: string;
  /** Absent: upstream has the plugin, and it is not here yet. */
  readonly make?: (deps: AdmissionDeps) => AdmissionPlugin;
}

/** Every plugin that upstream knows, in the order of their calls. */
export const knownPlugins: readonly PluginEntry[] = [
  { name: 'AlwaysAdmit', byDefault: false, make: () => alwaysAdmit },
  {
    name: 'NamespaceAutoProvision',
    byDefault: false,
    make: ({ read, client }) => namespaceAutoProvision({ namespaces: read(namespaces), client }),
  },
  {
    name: 'NamespaceLifecycle',
    byDefault: true,
    make: ({ read }) => namespaceLifecycle({ namespaces: read(namespaces) }),
  },
  { name: 'NamespaceExists', byDefault: false, make: ({ read }) => namespaceExists({ namespaces: read(namespaces) }) },
  { name: 'LimitPodHardAntiAffinityTopology', byDefault: false, make: () => limitPodHardAntiAffinityTopology },
  {
    name: 'PodPreset',
    byDefault: false,
    make: ({ read, events }) => podPreset({ podPresets: read(podpresets), events }),
  },
  { name: 'LimitRanger', byDefault: true, make: ({ read }) => limitRanger({ limitRanges: read(limitranges) }) },
  {
    name: 'ServiceAccount',
    byDefault: true,
    make: ({ read, random, clock }) => serviceAccount({ serviceAccounts: read(serviceaccounts), random, clock }),
  },
  { name: 'NodeRestriction', byDefault: false, make: ({ read }) => nodeRestriction({ pods: read(pods) }) },
  { name: 'TaintNodesByCondition', byDefault: true, make: () => taintNodesByCondition },
  { name: 'AlwaysPullImages', byDefault: false, make: () => alwaysPullImages },
  { name: 'ImagePolicyWebhook', byDefault: false, make: imagePolicyOf },
  { name: 'PodSecurity', byDefault: true, make: podSecurityOf },
  { name: 'PodNodeSelector', byDefault: false, make: podNodeSelectorOf },
  { name: 'Priority', byDefault: true, make: ({ read }) => priority({ priorityClasses: read(priorityclasses) }) },
  {
    name: 'DefaultTolerationSeconds',
    byDefault: true,
    make: ({ tolerationSeconds }) => defaultTolerationSeconds(tolerationSeconds),
  },
  {
    name: 'PodTolerationRestriction',
    byDefault: false,
    make: ({ read, configurationOf }) =>
      podTolerationRestriction({
        namespaces: read(namespaces),
        config: configurationOf('PodTolerationRestriction') as TolerationConfiguration | undefined,
      }),
  },
  {
    name: 'EventRateLimit',
    byDefault: false,
    make: ({ configurationOf, clock }) =>
      eventRateLimit({ config: configurationOf('EventRateLimit') as RateLimitConfiguration | undefined, clock }),
  },
  { name: 'ExtendedResourceToleration', byDefault: false, make: () => extendedResourceToleration },
  {
    name: 'DefaultStorageClass',
    byDefault: true,
    make: ({ read }) => defaultStorageClass({ storageClasses: read(storageclasses) }),
  },
  { name: 'StorageObjectInUseProtection', byDefault: true, make: () => storageObjectInUseProtection },
  { name: 'PodGroupProtection', byDefault: true, behind: 'GenericWorkload' },
  {
    name: 'OwnerReferencesPermissionEnforcement',
    byDefault: false,
    make: ({ authorize, resourcesOf }) => ownerReferencesPermissionEnforcement({ authorize, resourcesOf }),
  },
  {
    name: 'PersistentVolumeClaimResize',
    byDefault: true,
    make: ({ read }) => persistentVolumeClaimResize({ storageClasses: read(storageclasses) }),
  },
  { name: 'RuntimeClass', byDefault: true, make: ({ read }) => runtimeClass({ runtimeClasses: read(runtimeclasses) }) },
  { name: 'CertificateApproval', byDefault: true, make: certificateApproval },
  { name: 'CertificateSigning', byDefault: true, make: certificateSigning },
  { name: 'ClusterTrustBundleAttest', byDefault: true, make: clusterTrustBundleAttest },
  { name: 'CertificateSubjectRestriction', byDefault: true, make: () => certificateSubjectRestriction },
  {
    name: 'DefaultIngressClass',
    byDefault: true,
    make: ({ read }) => defaultIngressClass({ ingressClasses: read(ingressclasses) }),
  },
  { name: 'DenyServiceExternalIPs', byDefault: false, make: () => denyServiceExternalIPs },
  { name: 'PodTopologyLabels', byDefault: true, make: ({ read }) => podTopologyLabels({ nodes: read(nodes) }) },
  { name: 'PodGroupWorkloadExists', byDefault: true, behind: 'GenericWorkload' },
  {
    name: 'NodeDeclaredFeatureValidator',
    byDefault: true,
    make: ({ read }) => nodeDeclaredFeatureValidator({ nodes: read(nodes) }),
  },
  { name: 'JobValidation', byDefault: true, behind: 'GenericWorkload' },
  { name: 'PodResizeValidator', byDefault: true, make: ({ read }) => podResizeValidator({ nodes: read(nodes) }) },
  { name: 'MutatingAdmissionPolicy', byDefault: true, make: mutatingPoliciesOf },
  { name: 'MutatingAdmissionWebhook', byDefault: true, make: mutatingWebhooksOf },
  { name: 'ValidatingAdmissionPolicy', byDefault: true, make: validatingPoliciesOf },
  { name: 'ValidatingAdmissionWebhook', byDefault: true, make: validatingWebhooksOf },
  { name: 'ResourceQuota', byDefault: true, make: resourceQuotaOf },
  { name: 'AlwaysDeny', byDefault: false, make: () => alwaysDeny },
];

function podSecurityOf({ read, configurationOf, podSecurityMetrics }: AdmissionDeps): AdmissionPlugin {
  const rules = podSecurityRules(configurationOf('PodSecurity') as PodSecurityConfiguration | undefined);
  return podSecurity({ namespaces: read(namespaces), pods: read(pods), rules, metrics: podSecurityMetrics });
}

function resourceQuotaOf({ read, configurationOf, client, clock }: AdmissionDeps): AdmissionPlugin {
  const config = configurationOf('ResourceQuota') as QuotaConfiguration | undefined;
  return resourceQuota({
    quotas: read(resourcequotas),
    writeStatus: (quota) => client.resource(resourcequotas).updateStatus(quota),
    limited: config?.limitedResources ?? [],
    now: () => clock.now(),
  });
}

function podNodeSelectorOf({ read, configurationOf }: AdmissionDeps): AdmissionPlugin {
  const config = configurationOf('PodNodeSelector') as
    | { podNodeSelectorPluginConfig?: Record<string, string> }
    | undefined;
  return podNodeSelector({ namespaces: read(namespaces), selectors: config?.podNodeSelectorPluginConfig ?? {} });
}

function imagePolicyOf({ configurationOf, clock }: AdmissionDeps): AdmissionPlugin {
  const config = (configurationOf('ImagePolicyWebhook') as { imagePolicy?: ImagePolicyConfig } | undefined)
    ?.imagePolicy;
  if (!config?.kubeConfigFile) throw new Error('ImagePolicyWebhook: no kubeConfigFile is configured');
  const webhook = kubeconfigWebhook(config.kubeConfigFile, { clock, initialBackoffMs: config.retryBackoff ?? 500 });
  return imagePolicyWebhook({ config, clock, post: (review) => webhook.post(review) });
}

/** The match conditions of webhooks, evaluated on the object that the hook would get. */
function hookConditions(
  { authorize, asking, conditions }: AdmissionDeps,
  type: 'admit' | 'validating',
): CompileConditions {
  return ({ name, matchConditions = [], failurePolicy }) => {
    const check = compileConditions(matchConditions, {
      environment: conditionEnvironment,
      failsOpen: failurePolicy === 'Ignore',
    });
    return (request, resource) =>
      check.evaluate(
        requestVariables(request, { type: resource, authorize, equivalents: asking.equivalents }),
        conditions?.({ kind: 'webhook', name, type, operation: request.operation }),
      );
  };
}

function policyDeps(
  { read, authorize, asking, resourcesOf, conditions }: AdmissionDeps,
  type: 'validate' | 'mutate',
): PolicyDeps {
  return {
    namespaces: read(namespaces),
    authorize,
    equivalents: asking.equivalents,
    resourcesOf,
    read,
    ...(conditions ? { conditions: (name, operation) => conditions({ kind: 'policy', name, type, operation }) } : {}),
  };
}

function validatingPoliciesOf(deps: AdmissionDeps): AdmissionPlugin {
  const [policies, bindings] = [
    deps.informer(validatingadmissionpolicies),
    deps.informer(validatingadmissionpolicybindings),
  ];
  return validatingPolicies({
    ...policyDeps(deps, 'validate'),
    ...deps.policyTimes,
    policies: followPolicies(policies, bindings, compileValidatingPolicy),
  });
}

function mutatingPoliciesOf(deps: AdmissionDeps): AdmissionPlugin {
  const [policies, bindings] = [
    deps.informer(mutatingadmissionpolicies),
    deps.informer(mutatingadmissionpolicybindings),
  ];
  return mutatingPolicies({
    ...policyDeps(deps, 'mutate'),
    ...deps.policyTimes,
    policies: followPolicies(policies, bindings, compileMutatingPolicy),
  });
}

function mutatingWebhooksOf(deps: AdmissionDeps): AdmissionPlugin {
  const { read, informer, asking } = deps;
  const hooks = followHooks(informer(mutatingwebhookconfigurations), hookConditions(deps, 'admit'));
  return mutatingWebhooks({ ...asking, hooks, namespaces: read(namespaces) });
}

function validatingWebhooksOf(deps: AdmissionDeps): AdmissionPlugin {
  const { read, informer, asking } = deps;
  const hooks = followHooks(informer(validatingwebhookconfigurations), hookConditions(deps, 'validating'));
  return validatingWebhooks({ ...asking, hooks, namespaces: read(namespaces) });
}
