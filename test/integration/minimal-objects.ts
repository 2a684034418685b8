import { createAuthority, createSigningRequest, newPrivateKey, privateKeyPem } from '@typernetes/pki';

const labels = { app: 'web' };
const podSpec = { containers: [{ name: 'main', image: 'registry.example.com/web:1' }] };
const template = { metadata: { labels }, spec: podSpec };
const selector = { matchLabels: labels };
const scaled = { spec: { selector, template } };
const job = { template: { spec: { ...podSpec, restartPolicy: 'Never' } } };
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const role = { apiGroup: 'rbac.authorization.k8s.io', name: 'view' };
const matchConstraints = {
  resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
};
const mutatingPolicy = {
  spec: {
    matchConstraints,
    reinvocationPolicy: 'Never',
    mutations: [
      { patchType: 'JSONPatch', jsonPatch: { expression: `[JSONPatch{op: "test", path: "/kind", value: "Pod"}]` } },
    ],
  },
};
const slice = (devices: object[]) => ({
  spec: {
    driver: 'gpu.example.com',
    pool: { name: 'pool', resourceSliceCount: 1, generation: 1 },
    nodeName: 'node-1',
    devices,
  },
});
const claim = { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }] } };
const oldClaim = { devices: { requests: [{ name: 'gpu', deviceClassName: 'gpu.example.com' }] } };
const event = {
  reason: 'Testing',
  type: 'Normal',
  metadata: { namespace: 'default' },
};

/**
 * The fields that a resource needs besides a name, by `plural.group` or, where versions differ, `plural.version.group`.
 */
const contents: Readonly<Record<string, object>> = {
  events: {
    ...event,
    message: 'm',
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'web' },
  },
  'events.events.k8s.io': {
    ...event,
    eventTime: '2026-01-01T00:00:00.000000Z',
    action: 'Test',
    reportingController: 'example.com/test',
    reportingInstance: 'test-1',
    regarding: { kind: 'Pod', namespace: 'default', name: 'web' },
  },
  limitranges: { spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } },
  persistentvolumeclaims: {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  persistentvolumes: {
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } },
  },
  pods: { spec: podSpec },
  podtemplates: { template },
  replicationcontrollers: { spec: { selector: labels, template } },
  resourcequotas: { spec: { hard: { pods: '10' } } },
  services: { spec: { ports: [{ port: 80 }] } },
  'apiservices.apiregistration.k8s.io': {
    metadata: { name: 'v1.example.com' },
    spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 15 },
  },
  'controllerrevisions.apps': { revision: 1, data: { a: 1 } },
  'daemonsets.apps': scaled,
  'deployments.apps': scaled,
  'replicasets.apps': scaled,
  'statefulsets.apps': { spec: { ...scaled.spec, serviceName: 'web' } },
  'horizontalpodautoscalers.autoscaling': { spec: { maxReplicas: 2, scaleTargetRef: target } },
  'cronjobs.batch': { spec: { schedule: '0 * * * *', jobTemplate: { spec: job } } },
  'jobs.batch': { spec: job },
  'ingresses.networking.k8s.io': {
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
  },
  'ingressclasses.networking.k8s.io': { spec: { controller: 'example.com/ingress' } },
  'networkpolicies.networking.k8s.io': { spec: { podSelector: {} } },
  'ipaddresses.networking.k8s.io': {
    metadata: { name: '192.0.2.1' },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
  },
  'servicecidrs.networking.k8s.io': { spec: { cidrs: ['192.0.2.0/24'] } },
  'poddisruptionbudgets.policy': { spec: { minAvailable: 1, selector } },
  'clusterrolebindings.rbac.authorization.k8s.io': { roleRef: { ...role, kind: 'ClusterRole' } },
  'clusterroles.rbac.authorization.k8s.io': { rules: [] },
  'rolebindings.rbac.authorization.k8s.io': { roleRef: { ...role, kind: 'Role' } },
  'roles.rbac.authorization.k8s.io': { rules: [] },
  'csidrivers.storage.k8s.io': { spec: {} },
  'csinodes.storage.k8s.io': { spec: { drivers: [] } },
  'csistoragecapacities.storage.k8s.io': { storageClassName: 'fast' },
  'storageclasses.storage.k8s.io': { provisioner: 'example.com/disk' },
  'volumeattachments.storage.k8s.io': {
    spec: { attacher: 'example.com', nodeName: 'node-1', source: { persistentVolumeName: 'pv' } },
  },
  'volumeattributesclasses.storage.k8s.io': { driverName: 'disk.example.com', parameters: { speed: 'high' } },
  'mutatingadmissionpolicies.admissionregistration.k8s.io': mutatingPolicy,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': { spec: { policyName: 'none' } },
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': { webhooks: [] },
  'validatingadmissionpolicies.admissionregistration.k8s.io': {
    spec: { matchConstraints, validations: [{ expression: 'true' }] },
  },
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': {
    spec: { policyName: 'none', validationActions: ['Deny'] },
  },
  'validatingwebhookconfigurations.admissionregistration.k8s.io': { webhooks: [] },
  'customresourcedefinitions.apiextensions.k8s.io': {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
  'priorityclasses.scheduling.k8s.io': { value: 1 },
  'podgroups.scheduling.k8s.io': { spec: { schedulingPolicy: { basic: {} } } },
  'workloads.scheduling.k8s.io': {
    spec: { podGroupTemplates: [{ name: 'workers', schedulingPolicy: { gang: { minCount: 2 } } }] },
  },
  'leasecandidates.coordination.k8s.io': {
    spec: { leaseName: 'web', binaryVersion: '1.36.0', emulationVersion: '1.36.0', strategy: 'OldestEmulationVersion' },
  },
  'runtimeclasses.node.k8s.io': { handler: 'runc' },
  'endpointslices.discovery.k8s.io': { addressType: 'IPv4', endpoints: [] },
  'deviceclasses.resource.k8s.io': { spec: {} },
  'devicetaintrules.resource.k8s.io': {
    spec: { deviceSelector: { driver: 'gpu.example.com' }, taint: { key: 'example.com/bad', effect: 'NoSchedule' } },
  },
  'resourceclaims.resource.k8s.io': { spec: claim },
  'resourceclaims.v1beta1.resource.k8s.io': { spec: oldClaim },
  'resourceclaimtemplates.resource.k8s.io': { spec: { spec: claim } },
  'resourceclaimtemplates.v1beta1.resource.k8s.io': { spec: { spec: oldClaim } },
  'resourceslices.resource.k8s.io': slice([{ name: 'gpu-0', attributes: { model: { string: 'a' } } }]),
  'resourceslices.v1beta1.resource.k8s.io': slice([
    { name: 'gpu-0', basic: { attributes: { model: { string: 'a' } } } },
  ]),
  'resourcepoolstatusrequests.resource.k8s.io': { spec: { driver: 'gpu.example.com' } },
  'flowschemas.flowcontrol.apiserver.k8s.io': { spec: { priorityLevelConfiguration: { name: 'exempt' } } },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': {
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
  },
  'storageversions.internal.apiserver.k8s.io': { spec: {} },
  'storageversionmigrations.storagemigration.k8s.io': {
    spec: { resource: { group: 'apps', resource: 'deployments' } },
  },
  'podpresets.settings.k8s.io': { spec: { selector, env: [{ name: 'MODE', value: 'fast' }] } },
};

interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface MinimalObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string } & Record<string, unknown>;
  readonly [member: string]: unknown;
}

/** The smallest valid object of a resource. */
export async function minimalObject(resource: Resource, name: string): Promise<MinimalObject> {
  const { group, version, plural, kind } = resource;
  const key = group === '' ? plural : `${plural}.${group}`;
  const content = (await signed[key]?.()) ?? contents[`${plural}.${version}.${group}`] ?? contents[key] ?? {};
  const { metadata = {}, ...rest } = content as { metadata?: object };
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: { name, ...(resource.namespaced ? { namespace: 'default' } : {}), ...metadata },
    ...rest,
  };
}

/** Objects with keys and certificates, which are generated each time. */
const signed: Readonly<Record<string, () => Promise<object>>> = {
  'certificatesigningrequests.certificates.k8s.io': certificateRequest,
  async 'clustertrustbundles.certificates.k8s.io'() {
    const authority = await createAuthority({
      commonName: 'ca',
      notBefore: Date.UTC(2026, 0, 1),
      notAfter: Date.UTC(2126, 0, 1),
    });
    return { spec: { trustBundle: authority.certificate } };
  },
  async 'podcertificaterequests.certificates.k8s.io'() {
    const pem = await createSigningRequest(privateKeyPem(await newPrivateKey()), { commonName: 'web' });
    return {
      spec: {
        signerName: 'example.com/signer',
        podName: 'web',
        podUID: '1',
        serviceAccountName: 'default',
        serviceAccountUID: '2',
        nodeName: 'node-1',
        nodeUID: '3',
        stubPKCS10Request: pem.replaceAll(/-----.*-----|\s/g, ''),
      },
    };
  },
};

async function certificateRequest(): Promise<object> {
  const key = privateKeyPem(await newPrivateKey());
  const request = await createSigningRequest(key, { commonName: 'jane' });
  return {
    spec: { request: btoa(request), signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
  };
}
