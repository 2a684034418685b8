import { podSecretNames } from '@typernetes/api';
import type { PersistentVolume, Pod, PodSpec, Volume } from '@typernetes/api/core/v1';
import type { Informer } from '@typernetes/client';

/** Pods by what the kubelet of their node needs for them; volumes by the secrets that mounting them takes. */
export const nodeReferenceIndex = 'node-reference';

/** Kinds that a pod leads its node to. */
export type ReferencedKind = 'secret' | 'configmap' | 'pvc' | 'serviceaccount' | 'resourceclaim' | 'pod';

export function referenceKey(nodeName: string, kind: ReferencedKind, key: string): string {
  return `${nodeName}|${kind}|${key}`;
}

/** Prepares the informers; call before they start. */
export function addNodeReferenceIndexes(
  pods: Pick<Informer<Pod>, 'addIndex'>,
  persistentVolumes: Pick<Informer<PersistentVolume>, 'addIndex'>,
): void {
  pods.addIndex(nodeReferenceIndex, podReferences);
  persistentVolumes.addIndex(nodeReferenceIndex, volumeSecrets);
}

/** Everything that a pod entitles its node to read, as index values; nothing before the pod has a node. */
export function podReferences(pod: Pod): string[] {
  const { nodeName, serviceAccountName } = pod.spec;
  const { namespace = '', name, annotations } = pod.metadata;
  if (!nodeName) return [];
  const reference = (kind: ReferencedKind, target: string | undefined): string[] =>
    target ? [referenceKey(nodeName, kind, `${namespace}/${target}`)] : [];
  const self = reference('pod', name);
  // A node writes its mirror pods itself: they must not entitle it to anything.
  if (annotations?.['kubernetes.io/config.mirror'] !== undefined) return self;
  return [
    ...self,
    ...reference('serviceaccount', serviceAccountName),
    ...claimsOf(pod).flatMap((claim) => reference('resourceclaim', claim)),
    ...podSecretNames(pod).flatMap((secret) => reference('secret', secret)),
    ...containersOf(pod.spec).flatMap(({ env = [], envFrom = [] }) => [
      ...env.flatMap(({ valueFrom }) => reference('configmap', valueFrom?.configMapKeyRef?.name)),
      ...envFrom.flatMap(({ configMapRef }) => reference('configmap', configMapRef?.name)),
    ]),
    ...(pod.spec.volumes ?? []).flatMap((volume) => [
      ...configMapsOf(volume).flatMap((configMap) => reference('configmap', configMap)),
      ...reference('pvc', volume.persistentVolumeClaim?.claimName),
      ...reference('pvc', volume.ephemeral ? `${name}-${volume.name}` : undefined),
    ]),
  ];
}

/** The claims named in the spec, and those created for the pod: from a template, or for its extended resources. */
function claimsOf({ spec, status }: Pod): (string | undefined)[] {
  const made = new Map((status?.resourceClaimStatuses ?? []).map((one) => [one.name, one.resourceClaimName]));
  const named = (spec.resourceClaims ?? []).map(({ name, resourceClaimName }) => resourceClaimName ?? made.get(name));
  return [...named, status?.extendedResourceClaimStatus?.resourceClaimName];
}

function containersOf(spec: PodSpec): Pick<PodSpec['containers'][number], 'env' | 'envFrom'>[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
}

function configMapsOf(volume: Volume): (string | undefined)[] {
  return [volume.configMap?.name, ...(volume.projected?.sources ?? []).map((source) => source.configMap?.name)];
}

/** `namespace/name` of each secret needed to mount a volume. */
export function volumeSecrets({ spec }: PersistentVolume): string[] {
  const claimNamespace = spec.claimRef?.namespace;
  const { csi } = spec;
  const references = [
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.nodeExpandSecretRef,
    spec.flexVolume?.secretRef,
    spec.iscsi?.secretRef,
    spec.rbd?.secretRef,
    spec.cephfs?.secretRef,
    spec.scaleIO?.secretRef,
    spec.cinder?.secretRef,
  ];
  return references.flatMap((ref) => {
    const namespace = ref?.namespace || claimNamespace;
    return ref?.name && namespace ? [`${namespace}/${ref.name}`] : [];
  });
}
