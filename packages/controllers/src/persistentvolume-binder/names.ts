import type { PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { StorageClass } from '@typernetes/api/storage/v1';

export const bindCompleted = 'pv.kubernetes.io/bind-completed';
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
export const provisionedBy = 'pv.kubernetes.io/provisioned-by';
export const selectedNode = 'volume.kubernetes.io/selected-node';
export const storageProvisioner = 'volume.kubernetes.io/storage-provisioner';
export const betaStorageProvisioner = 'volume.beta.kubernetes.io/storage-provisioner';
const betaClass = 'volume.beta.kubernetes.io/storage-class';
const defaultClass = 'storageclass.kubernetes.io/is-default-class';
const betaDefaultClass = 'storageclass.beta.kubernetes.io/is-default-class';

type Annotated = { readonly metadata: { readonly annotations?: Record<string, string> } };

export const hasAnnotation = ({ metadata }: Annotated, name: string): boolean =>
  metadata.annotations?.[name] !== undefined;

/** The name of the storage class, "" for none; undefined when the claim leaves it to the default. */
export function classOfClaim({ metadata, spec }: PersistentVolumeClaim): string | undefined {
  return metadata.annotations?.[betaClass] ?? spec?.storageClassName;
}

export function classOfVolume({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.[betaClass] ?? spec?.storageClassName ?? '';
}

/** The default class: of several the newest, then the first by name. */
export function defaultOf(classes: readonly StorageClass[]): StorageClass | undefined {
  const marked = classes.filter(({ metadata }) =>
    [defaultClass, betaDefaultClass].some((name) => metadata.annotations?.[name] === 'true'),
  );
  return marked.sort(
    (a, b) =>
      (a.metadata.creationTimestamp > b.metadata.creationTimestamp ? -1 : 0) ||
      (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : 0) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  )[0];
}

/** Whether the volume is pre-bound to the claim: by name, and by uid once that is known. */
export function isMeantFor(volume: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const ref = volume.spec?.claimRef;
  if (ref?.name !== metadata.name || ref.namespace !== metadata.namespace) return false;
  return !ref.uid || ref.uid === metadata.uid;
}
