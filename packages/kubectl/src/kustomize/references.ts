import type { JsonObject } from '@typernetes/machinery';
import { atEach, type FieldPath, podSpecPaths } from './field-path.ts';
import { idOf, isCalled, isClusterWide, type Resource, sameNamespace } from './resource.ts';

/** A place that names an object of a kind. */
interface Reference {
  readonly path: FieldPath;
  /** What kind it names; undefined where the reference itself says it. */
  readonly to: string | undefined;
}

const inPods: readonly Reference[] = [
  { path: 'serviceAccountName', to: 'ServiceAccount' },
  { path: 'priorityClassName', to: 'PriorityClass' },
  { path: 'runtimeClassName', to: 'RuntimeClass' },
  { path: 'imagePullSecrets[]/name', to: 'Secret' },
  { path: 'volumes[]/configMap/name', to: 'ConfigMap' },
  { path: 'volumes[]/secret/secretName', to: 'Secret' },
  { path: 'volumes[]/projected/sources[]/configMap/name', to: 'ConfigMap' },
  { path: 'volumes[]/projected/sources[]/secret/name', to: 'Secret' },
  { path: 'volumes[]/persistentVolumeClaim/claimName', to: 'PersistentVolumeClaim' },
  ...['containers', 'initContainers'].flatMap((list) => [
    { path: `${list}[]/env[]/valueFrom/configMapKeyRef/name`, to: 'ConfigMap' },
    { path: `${list}[]/env[]/valueFrom/secretKeyRef/name`, to: 'Secret' },
    { path: `${list}[]/envFrom[]/configMapRef/name`, to: 'ConfigMap' },
    { path: `${list}[]/envFrom[]/secretRef/name`, to: 'Secret' },
  ]),
];

const hooks: readonly Reference[] = [{ path: 'webhooks[]/clientConfig/service/name', to: 'Service' }];
const binding: readonly Reference[] = [
  { path: 'subjects[]/name', to: 'ServiceAccount' },
  { path: 'roleRef/name', to: undefined },
];

/** Of kinds that are no workloads, or have more than their pods' references. */
const others: Readonly<Record<string, readonly Reference[]>> = {
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  ServiceAccount: [
    { path: 'imagePullSecrets[]/name', to: 'Secret' },
    { path: 'secrets[]/name', to: 'Secret' },
  ],
  StatefulSet: [
    { path: 'spec/serviceName', to: 'Service' },
    { path: 'spec/volumeClaimTemplates[]/spec/storageClassName', to: 'StorageClass' },
  ],
  HorizontalPodAutoscaler: [{ path: 'spec/scaleTargetRef/name', to: undefined }],
  Ingress: [
    { path: 'spec/ingressClassName', to: 'IngressClass' },
    { path: 'spec/tls[]/secretName', to: 'Secret' },
    { path: 'spec/defaultBackend/service/name', to: 'Service' },
    { path: 'spec/rules[]/http/paths[]/backend/service/name', to: 'Service' },
  ],
  PersistentVolumeClaim: [
    { path: 'spec/volumeName', to: 'PersistentVolume' },
    { path: 'spec/storageClassName', to: 'StorageClass' },
  ],
  PersistentVolume: [{ path: 'spec/storageClassName', to: 'StorageClass' }],
  APIService: [{ path: 'spec/service/name', to: 'Service' }],
  CustomResourceDefinition: [{ path: 'spec/conversion/webhook/clientConfig/service/name', to: 'Service' }],
  ValidatingWebhookConfiguration: hooks,
  MutatingWebhookConfiguration: hooks,
};

/** Makes references follow objects that have been renamed. */
export function followNames(resources: readonly Resource[]): void {
  for (const referrer of resources) {
    const { object } = referrer;
    const pods = podSpecPaths[object.kind];
    const references = [
      ...(pods === undefined ? [] : inPods.map(({ path, to }) => ({ path: `${pods}/${path}`, to }))),
      ...(others[object.kind] ?? []),
    ];
    for (const { path, to } of references) {
      atEach(object, path, {
        change(holder, member) {
          const kind = to === 'ServiceAccount' && 'kind' in holder ? String(holder.kind) : to;
          follow(referrer, { holder, member, kind: kind ?? String(holder.kind ?? '') });
        },
      });
    }
  }

  function follow(referrer: Resource, at: { holder: JsonObject; member: string; kind: string }): void {
    const { holder, member, kind } = at;
    const name = holder[member];
    if (typeof name !== 'string') return;
    // Subjects and services say where they are.
    const said = typeof holder.namespace === 'string' ? holder.namespace : undefined;
    let found = resources.filter(
      (one) => one.object.kind === kind && isCalled(one, said ? { name, namespace: said } : { name }),
    );
    if (!said && !isClusterWide(referrer)) {
      const { namespace } = idOf(referrer);
      found = found.filter((one) => isClusterWide(one) || sameNamespace(idOf(one).namespace, namespace));
    }
    if (found.length > 1) {
      const alike = found.filter((one) => one.affixes.join('\n') === referrer.affixes.join('\n'));
      if (alike.length > 0) found = alike;
    }
    const names = new Set(found.map((one) => idOf(one).name));
    if (names.size !== 1) return;
    const [target] = found as [Resource];
    holder[member] = idOf(target).name;
    if (said && idOf(target).namespace !== '') holder.namespace = idOf(target).namespace;
  }
}
