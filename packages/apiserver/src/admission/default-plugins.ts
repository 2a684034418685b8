import { limitranges, namespaces, pods, resourcequotas, serviceaccounts } from '@typernetes/api/core/v1';
import { ingressclasses } from '@typernetes/api/networking/v1';
import { runtimeclasses } from '@typernetes/api/node/v1';
import type { PodSecurityConfiguration } from '@typernetes/api/podsecurity.config/v1';
import type { Configuration as QuotaConfiguration } from '@typernetes/api/resourcequota.config/v1';
import { priorityclasses } from '@typernetes/api/scheduling/v1';
import { podpresets } from '@typernetes/api/settings/v1alpha1';
import { storageclasses } from '@typernetes/api/storage/v1';
import type { Clock, Random } from '@typernetes/base';
import type { ApiClient, EventRecorder, Lister } from '@typernetes/client';
import type { ApiObject, ResourceType } from '@typernetes/machinery';
import type { Authorize } from '../authorization/authorizer.ts';
import type { AdmissionPlugin } from './admission-plugin.ts';
import { alwaysPullImages } from './plugins/always-pull-images.ts';
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from './plugins/certificate-requests.ts';
import { defaultIngressClass, defaultStorageClass } from './plugins/default-class.ts';
import { defaultTolerationSeconds } from './plugins/default-toleration-seconds.ts';
import { limitRanger } from './plugins/limit-ranger.ts';
import { namespaceLifecycle } from './plugins/namespace-lifecycle.ts';
import { nodeRestriction } from './plugins/node-restriction.ts';
import { persistentVolumeClaimResize } from './plugins/persistent-volume-claim-resize.ts';
import { podPreset } from './plugins/pod-preset.ts';
import { podSecurity } from './plugins/pod-security.ts';
import { priority } from './plugins/priority.ts';
import { resourceQuota } from './plugins/resource-quota.ts';
import { runtimeClass } from './plugins/runtime-class.ts';
import { serviceAccount } from './plugins/service-account.ts';
import { storageObjectInUseProtection } from './plugins/storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './plugins/taint-nodes-by-condition.ts';
import { podSecurityRules } from './pod-security/configuration.ts';

/** What the plugins read, and whom they ask. */
export interface AdmissionDeps {
  /** The objects of a resource; none of one that is not served. */
  read<T extends ApiObject>(type: ResourceType<T>): Lister<T>;
  /** Records events under a component's name. */
  events(component: string): EventRecorder;
  /** The server's own access to itself. */
  readonly client: Pick<ApiClient, 'resource'>;
  /** What the administrator's file says for a plugin. */
  configurationOf(plugin: string): unknown;
  readonly authorize: Authorize;
  readonly clock: Clock;
  readonly random: Random;
}

interface PluginEntry {
  readonly name: string;
  /** On unless disabled. */
  readonly byDefault: boolean;
  /** Absent: upstream has the plugin, we do not yet. */
  readonly make?: (deps: AdmissionDeps) => AdmissionPlugin;
}

/** Every plugin that upstream knows, in the order in which they are asked. */
export const knownPlugins: readonly PluginEntry[] = [
  { name: 'NamespaceAutoProvision', byDefault: false },
  {
    name: 'NamespaceLifecycle',
    byDefault: true,
    make: ({ read }) => namespaceLifecycle({ namespaces: read(namespaces) }),
  },
  { name: 'NamespaceExists', byDefault: false },
  { name: 'LimitPodHardAntiAffinityTopology', byDefault: false },
  { name: 'LimitRanger', byDefault: true, make: ({ read }) => limitRanger({ limitRanges: read(limitranges) }) },
  {
    name: 'PodPreset',
    byDefault: false,
    make: ({ read, events }) => podPreset({ podPresets: read(podpresets), events }),
  },
  {
    name: 'ServiceAccount',
    byDefault: true,
    make: ({ read, random }) => serviceAccount({ serviceAccounts: read(serviceaccounts), random }),
  },
  { name: 'NodeRestriction', byDefault: false, make: ({ read }) => nodeRestriction({ pods: read(pods) }) },
  { name: 'TaintNodesByCondition', byDefault: true, make: () => taintNodesByCondition },
  { name: 'AlwaysPullImages', byDefault: false, make: () => alwaysPullImages },
  { name: 'ImagePolicyWebhook', byDefault: false },
  { name: 'PodSecurity', byDefault: true, make: podSecurityOf },
  { name: 'PodNodeSelector', byDefault: false },
  { name: 'Priority', byDefault: true, make: ({ read }) => priority({ priorityClasses: read(priorityclasses) }) },
  { name: 'DefaultTolerationSeconds', byDefault: true, make: () => defaultTolerationSeconds },
  { name: 'PodTolerationRestriction', byDefault: false },
  { name: 'EventRateLimit', byDefault: false },
  { name: 'ExtendedResourceToleration', byDefault: false },
  {
    name: 'DefaultStorageClass',
    byDefault: true,
    make: ({ read }) => defaultStorageClass({ storageClasses: read(storageclasses) }),
  },
  { name: 'StorageObjectInUseProtection', byDefault: true, make: () => storageObjectInUseProtection },
  { name: 'OwnerReferencesPermissionEnforcement', byDefault: false },
  {
    name: 'PersistentVolumeClaimResize',
    byDefault: true,
    make: ({ read }) => persistentVolumeClaimResize({ storageClasses: read(storageclasses) }),
  },
  { name: 'RuntimeClass', byDefault: true, make: ({ read }) => runtimeClass({ runtimeClasses: read(runtimeclasses) }) },
  { name: 'CertificateApproval', byDefault: true, make: certificateApproval },
  { name: 'CertificateSigning', byDefault: true, make: certificateSigning },
  { name: 'ClusterTrustBundleAttest', byDefault: true },
  { name: 'CertificateSubjectRestriction', byDefault: true, make: () => certificateSubjectRestriction },
  {
    name: 'DefaultIngressClass',
    byDefault: true,
    make: ({ read }) => defaultIngressClass({ ingressClasses: read(ingressclasses) }),
  },
  { name: 'DenyServiceExternalIPs', byDefault: false },
  { name: 'PodTopologyLabels', byDefault: true },
  { name: 'MutatingAdmissionPolicy', byDefault: true },
  { name: 'MutatingAdmissionWebhook', byDefault: true },
  { name: 'ValidatingAdmissionPolicy', byDefault: true },
  { name: 'ValidatingAdmissionWebhook', byDefault: true },
  { name: 'ResourceQuota', byDefault: true, make: resourceQuotaOf },
  { name: 'AlwaysAdmit', byDefault: false },
  { name: 'AlwaysDeny', byDefault: false },
];

function podSecurityOf({ read, configurationOf }: AdmissionDeps): AdmissionPlugin {
  const rules = podSecurityRules(configurationOf('PodSecurity') as PodSecurityConfiguration | undefined);
  return podSecurity({ namespaces: read(namespaces), pods: read(pods), rules });
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

export interface PluginChoice {
  /** `--enable-admission-plugins` */
  readonly enabled: readonly string[];
  /** `--disable-admission-plugins` */
  readonly disabled: readonly string[];
}

/** What is wrong with the two flags, in upstream's words. */
export function pluginChoiceProblems({ enabled, disabled }: PluginChoice): string[] {
  const known = new Set(knownPlugins.map((plugin) => plugin.name));
  const unknown = (flag: string, names: readonly string[]): string[] =>
    names.filter((name) => !known.has(name)).map((name) => `${flag} plugin ${JSON.stringify(name)} is unknown`);
  const both = enabled.filter((name) => disabled.includes(name));
  return [
    ...(both.length > 0
      ? [`[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`]
      : []),
    ...unknown('enable-admission-plugins', enabled),
    ...unknown('disable-admission-plugins', disabled),
  ];
}

/** The plugins that a server runs, in order; and the names of those that were asked for and that we do not have. */
export function choosePlugins(
  choice: PluginChoice,
  deps: AdmissionDeps,
): { readonly plugins: AdmissionPlugin[]; readonly missing: string[] } {
  const { enabled, disabled } = choice;
  const chosen = knownPlugins.filter(
    ({ name, byDefault }) => enabled.includes(name) || (byDefault && !disabled.includes(name)),
  );
  return {
    plugins: chosen.flatMap(({ make }) => (make ? [make(deps)] : [])),
    missing: chosen.filter(({ name, make }) => !make && enabled.includes(name)).map(({ name }) => name),
  };
}
