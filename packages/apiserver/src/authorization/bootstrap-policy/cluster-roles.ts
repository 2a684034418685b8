import type { ClusterRole, PolicyRule } from '@typernetes/api/rbac/v1';
import { eventsRule, read, readWrite, rule, urlRule, write } from './rule.ts';

const core = '""';
const aggregate = (to: string): Record<string, string> => ({
  [`rbac.authorization.k8s.io/aggregate-to-${to}`]: 'true',
});

/**
 * A default role: its rules, or the labels by which it aggregates other roles; `labels` let other roles aggregate it.
 */
interface DefaultRole {
  readonly rules?: readonly PolicyRule[];
  readonly collects?: 'admin' | 'edit' | 'view';
  readonly labels?: Readonly<Record<string, string>>;
  /** The role is there only with this feature. */
  readonly gate?: string;
}

const certificates = 'certificates.k8s.io';
const csrRole = 'system:certificates.k8s.io:certificatesigningrequests';

/** The rules of system:node; the Node authorizer applies the same rules to kinds without special treatment. */
export const nodeRules: readonly PolicyRule[] = [
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
  rule(read, core, 'services'),
  rule(`create ${read}`, core, 'nodes'),
  rule('patch update', core, 'nodes/status'),
  rule('patch update', core, 'nodes'),
  eventsRule,
  rule(read, core, 'pods'),
  rule('create delete', core, 'pods'),
  rule('patch update', core, 'pods/status'),
  rule('create', core, 'pods/eviction'),
  rule(read, core, 'configmaps secrets'),
  rule('get', core, 'persistentvolumeclaims persistentvolumes'),
  rule('get', core, 'endpoints'),
  rule(`create ${read}`, certificates, 'certificatesigningrequests'),
  rule('create delete get patch update', 'coordination.k8s.io', 'leases'),
  rule('get', 'storage.k8s.io', 'volumeattachments'),
  rule('create', core, 'serviceaccounts/token'),
  rule('get patch update', core, 'persistentvolumeclaims/status'),
  rule(read, 'storage.k8s.io', 'csidrivers'),
  rule('create delete get patch update', 'storage.k8s.io', 'csinodes'),
  rule(read, 'node.k8s.io', 'runtimeclasses'),
  rule('get', 'resource.k8s.io', 'resourceclaims'),
  rule('deletecollection', 'resource.k8s.io', 'resourceslices'),
  rule('get', core, 'serviceaccounts'),
];

/** Additions to {@link nodeRules} by features that are off by default. */
const gatedNodeRules: Readonly<Record<string, PolicyRule>> = {
  ClusterTrustBundle: rule(read, certificates, 'clustertrustbundles'),
  PodCertificateRequest: rule(`create ${read}`, certificates, 'podcertificaterequests'),
};

const delegation = [
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
];

const roles: Readonly<Record<string, DefaultRole>> = {
  'cluster-admin': { rules: [rule('*', '*', '*'), urlRule('*', '*')] },
  admin: { collects: 'admin' },
  edit: { collects: 'edit', labels: aggregate('admin') },
  view: { collects: 'view', labels: aggregate('edit') },
  'system:aggregate-to-admin': {
    labels: aggregate('admin'),
    rules: [
      rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
      rule(readWrite, 'rbac.authorization.k8s.io', 'rolebindings roles'),
    ],
  },
  'system:aggregate-to-edit': {
    labels: aggregate('edit'),
    rules: [
      rule(read, core, 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
      rule('impersonate', core, 'serviceaccounts'),
      rule(write, core, 'pods pods/attach pods/exec pods/portforward pods/proxy'),
      rule('create', core, 'pods/eviction'),
      rule(
        write,
        core,
        'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
      ),
      rule('create', core, 'serviceaccounts/token'),
      rule(
        write,
        'apps',
        'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
      ),
      rule(write, 'autoscaling', 'horizontalpodautoscalers'),
      rule(write, 'batch', 'cronjobs jobs'),
      rule(
        write,
        'extensions',
        'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
      ),
      rule(write, 'policy', 'poddisruptionbudgets'),
      rule(write, 'networking.k8s.io', 'ingresses networkpolicies'),
      rule(readWrite, 'coordination.k8s.io', 'leases'),
      rule(write, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
    ],
  },
  'system:aggregate-to-view': {
    labels: aggregate('view'),
    rules: [
      rule(
        read,
        core,
        'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
      ),
      rule(
        read,
        core,
        'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
      ),
      rule(read, core, 'namespaces'),
      rule(read, 'discovery.k8s.io', 'endpointslices'),
      rule(
        read,
        'apps',
        'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
      ),
      rule(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
      rule(read, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
      rule(
        read,
        'extensions',
        'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
      ),
      rule(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
      rule(read, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
      rule(read, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
    ],
  },
  'system:auth-delegator': { rules: delegation },
  'system:basic-user': {
    rules: [
      rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
      rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
    ],
  },
  [`${csrRole}:nodeclient`]: { rules: [rule('create', certificates, 'certificatesigningrequests/nodeclient')] },
  [`${csrRole}:selfnodeclient`]: { rules: [rule('create', certificates, 'certificatesigningrequests/selfnodeclient')] },
  ...Object.fromEntries(
    ['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving', 'legacy-unknown'].map((signer) => [
      `system:certificates.k8s.io:${signer}-approver`,
      { rules: [rule('approve', certificates, 'signers', `kubernetes.io/${signer}`)] },
    ]),
  ),
  'system:cluster-trust-bundle-discovery': {
    gate: 'ClusterTrustBundle',
    rules: [rule(read, certificates, 'clustertrustbundles')],
  },
  'system:discovery': {
    rules: [urlRule('get', '/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/')],
  },
  'system:heapster': {
    rules: [rule(read, core, 'events namespaces nodes pods'), rule(read, 'extensions', 'deployments')],
  },
  'system:kube-aggregator': { rules: [rule(read, core, 'endpoints services')] },
  'system:kube-controller-manager': {
    rules: [
      eventsRule,
      rule('create', 'coordination.k8s.io', 'leases'),
      rule('get update', 'coordination.k8s.io', 'leases', 'kube-controller-manager'),
      rule('create', core, 'secrets serviceaccounts'),
      rule('delete', core, 'secrets'),
      rule('get', core, 'configmaps namespaces secrets serviceaccounts'),
      rule('update', core, 'secrets serviceaccounts'),
      ...delegation,
      rule('list watch', '*', '*'),
      rule('create', core, 'serviceaccounts/token'),
    ],
  },
  'system:kube-dns': { rules: [rule('list watch', core, 'endpoints services')] },
  'system:kube-scheduler': {
    rules: [
      eventsRule,
      rule('create', 'coordination.k8s.io', 'leases'),
      rule('get list update watch', 'coordination.k8s.io', 'leases', 'kube-scheduler'),
      rule(readWrite, 'coordination.k8s.io', 'leasecandidates'),
      rule(read, core, 'nodes'),
      rule(`delete ${read}`, core, 'pods'),
      rule('create', core, 'bindings pods/binding'),
      rule('patch update', core, 'pods/status'),
      rule(read, core, 'replicationcontrollers services'),
      rule(read, 'apps extensions', 'replicasets'),
      rule(read, 'apps', 'statefulsets'),
      rule(read, 'policy', 'poddisruptionbudgets'),
      rule(read, core, 'persistentvolumeclaims persistentvolumes'),
      ...delegation,
      rule(read, 'storage.k8s.io', 'csinodes'),
      rule(read, 'storage.k8s.io', 'volumeattachments'),
      rule(read, core, 'namespaces'),
      rule(read, 'storage.k8s.io', 'csidrivers'),
      rule(read, 'storage.k8s.io', 'csistoragecapacities'),
      rule(read, 'resource.k8s.io', 'deviceclasses'),
      rule('get list patch update watch', 'resource.k8s.io', 'resourceclaims'),
      rule('get list patch update watch', 'resource.k8s.io', 'resourceclaims/status'),
      rule('update', core, 'pods/finalizers'),
      rule(read, 'resource.k8s.io', 'resourceslices'),
      // Claims behind extended resources that device classes offer.
      rule('create delete', 'resource.k8s.io', 'resourceclaims'),
      rule('patch update', 'resource.k8s.io', 'resourceclaims/binding'),
    ],
  },
  'system:kubelet-api-admin': {
    rules: [
      rule(read, core, 'nodes'),
      rule('proxy', core, 'nodes'),
      rule('*', core, 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
      rule('*', core, 'nodes/configz nodes/healthz nodes/pods'),
    ],
  },
  'system:monitoring': {
    rules: [
      urlRule('get', '/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*'),
      rule('get', core, 'nodes/metrics'),
      urlRule('get', '/flagz'),
      urlRule('get', '/statusz'),
    ],
  },
  'system:node': { rules: nodeRules },
  'system:node-bootstrapper': { rules: [rule(`create ${read}`, certificates, 'certificatesigningrequests')] },
  'system:node-problem-detector': {
    rules: [rule('get', core, 'nodes'), rule('patch', core, 'nodes/status'), eventsRule],
  },
  'system:node-proxier': {
    rules: [
      rule('list watch', core, 'endpoints services'),
      rule(read, core, 'nodes'),
      eventsRule,
      rule('list watch', 'discovery.k8s.io', 'endpointslices'),
      rule('list watch', 'networking.k8s.io', 'servicecidrs'),
    ],
  },
  'system:persistent-volume-provisioner': {
    rules: [
      rule('create delete get list watch', core, 'persistentvolumes'),
      rule('get list update watch', core, 'persistentvolumeclaims'),
      rule(read, 'storage.k8s.io', 'storageclasses'),
      rule('watch', core, 'events'),
      eventsRule,
    ],
  },
  'system:public-info-viewer': { rules: [urlRule('get', '/healthz /livez /readyz /version /version/')] },
  'system:service-account-issuer-discovery': {
    rules: [
      urlRule(
        'get',
        '/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
      ),
    ],
  },
  'system:volume-scheduler': {
    rules: [
      rule('get list patch update watch', core, 'persistentvolumes'),
      rule(read, 'storage.k8s.io', 'storageclasses'),
      rule('get list patch update watch', core, 'persistentvolumeclaims'),
    ],
  },
};

/** The default cluster roles, except those of the controllers; `gateIsOn` tells which default-off features are on. */
export function defaultClusterRoles(gateIsOn: (gate: string) => boolean): ClusterRoleDraft[] {
  const gated = Object.entries(gatedNodeRules).flatMap(([gate, extra]) => (gateIsOn(gate) ? [extra] : []));
  return Object.entries(roles)
    .filter(([, { gate }]) => gate === undefined || gateIsOn(gate))
    .map(([name, { rules = [], collects, labels }]) => ({
      metadata: { name, labels: { ...labels } },
      rules: name === 'system:node' ? [...rules, ...gated] : [...rules],
      ...(collects ? { aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregate(collects) }] } } : {}),
    }));
}

/** A role that does not exist yet; the reconciliation adds what all default objects have. */
type ClusterRoleDraft = Pick<ClusterRole, 'rules' | 'aggregationRule'> & {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
};
