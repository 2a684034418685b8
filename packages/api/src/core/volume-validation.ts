import {
  duplicateValue,
  forbiddenValue,
  labelNameProblems,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import { oneOf, type Problems, required, wellFormed } from '../meta/field-checks.ts';
import { driverNameProblems } from './csi-driver-name.ts';
import { projectedProblems } from './projected-volume-validation.ts';
import type { Volume } from './v1.gen.ts';
import { downwardProblems, fileProblems, modeProblems, noBacksteps } from './volume-files-validation.ts';
import { storageSourceProblems } from './volume-sources-validation.ts';

export const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
export function* volumeProblems(volumes: readonly Volume[] | undefined, at: string): Problems {
  const names = new Set<string>();
  for (const [i, volume] of (volumes ?? []).entries()) {
    const path = `${at}[${i}]`;
    yield* sourceProblems(volume, path);
    yield* wellFormed(volume.name, { at: `${path}.name`, by: labelNameProblems, required: true });
    if (volume.name && names.has(volume.name)) yield duplicateValue(`${path}.name`, volume.name);
    names.add(volume.name);
  }
}

/** The order in which upstream checks sources; others come after these. */
const sourceOrder = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'configMap',
];

export const inOrder = <T>(sources: readonly [name: string, source: T][], order: readonly string[]) => {
  const at = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return sources.toSorted(([a], [b]) => at(a) - at(b));
};

function* sourceProblems(volume: Volume, at: string): Problems {
  const given = inOrder(
    Object.entries(volume).filter(([key, value]) => key !== 'name' && value != null),
    sourceOrder,
  );
  if (given.length === 0) yield requiredValue(at, 'must specify a volume type');
  for (const [key] of given.slice(1)) yield forbiddenValue(`${at}.${key}`, 'may not specify more than 1 volume type');
  const { hostPath, emptyDir, secret, configMap, persistentVolumeClaim, projected, downwardAPI, csi, image } = volume;
  if (hostPath) {
    if (!hostPath.path) yield requiredValue(`${at}.hostPath.path`);
    else yield* noBacksteps(hostPath.path, `${at}.hostPath.path`);
    yield* oneOf(hostPath.type, { at: `${at}.hostPath.type`, of: hostPathTypes });
  }
  if (image) {
    const path = `${at}.image.pullPolicy`;
    yield* oneOf(image.pullPolicy, { at: path, of: ['Always', 'IfNotPresent', 'Never'], required: true });
  }
  if (emptyDir?.sizeLimit?.startsWith('-')) {
    yield forbiddenValue(`${at}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity');
  }
  if (secret) {
    yield* required(secret.secretName, `${at}.secret.secretName`);
    yield* fileProblems(secret, `${at}.secret`);
  }
  if (configMap) {
    yield* required(configMap.name, `${at}.configMap.name`);
    yield* fileProblems(configMap, `${at}.configMap`);
  }
  if (persistentVolumeClaim) yield* required(persistentVolumeClaim.claimName, `${at}.persistentVolumeClaim.claimName`);
  yield* storageSourceProblems(volume, at, { isPersistent: false });
  if (projected) yield* projectedProblems(projected, `${at}.projected`);
  if (downwardAPI) {
    yield* modeProblems(downwardAPI.defaultMode, `${at}.downwardAPI.defaultMode`);
    yield* downwardProblems(downwardAPI.items, `${at}.downwardAPI`);
  }
  if (csi) {
    yield* driverNameProblems(csi.driver, `${at}.csi.driver`);
    // The space in the field's name is upstream's.
    if (csi.nodePublishSecretRef)
      yield* required(csi.nodePublishSecretRef.name, `${at}.csi.nodePublishSecretRef .name`);
    yield* wellFormed(csi.nodePublishSecretRef?.name, { at: `${at}.csi.name`, by: subdomainProblems });
  }
  if (volume.ephemeral && !volume.ephemeral.volumeClaimTemplate) {
    yield requiredValue(`${at}.ephemeral.volumeClaimTemplate`);
  }
}
