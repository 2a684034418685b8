import {
  configKeyProblems,
  duplicateValue,
  forbiddenValue,
  invalidValue,
  labelNameProblems,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import { oneOf, type Problems, required, wellFormed } from '../meta/field-checks.ts';
import { driverNameProblems } from '../storage/csi-driver-name.ts';
import { resourceFieldProblems } from './environment-validation.ts';
import type { DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, Volume, VolumeProjection } from './v1.gen.ts';
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
const modeDetail = 'must be a number between 0 and 0777 (octal), both inclusive';
const downwardPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
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

/** In which order upstream looks for sources, the others behind them. */
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
    yield* downwardProblems(downwardAPI.items, `${at}.downwardAPI.items`);
  }
  if (csi) {
    yield* driverNameProblems(csi.driver, `${at}.csi.driver`);
    // The blank in the field's name is upstream's.
    if (csi.nodePublishSecretRef)
      yield* required(csi.nodePublishSecretRef.name, `${at}.csi.nodePublishSecretRef .name`);
    yield* wellFormed(csi.nodePublishSecretRef?.name, { at: `${at}.csi.name`, by: subdomainProblems });
  }
  if (volume.ephemeral && !volume.ephemeral.volumeClaimTemplate) {
    yield requiredValue(`${at}.ephemeral.volumeClaimTemplate`);
  }
}

function* fileProblems(files: { defaultMode?: number; items?: readonly KeyToPath[] }, at: string): Problems {
  yield* modeProblems(files.defaultMode, `${at}.defaultMode`);
  yield* itemProblems(files.items, `${at}.items`);
}

function* itemProblems(items: readonly KeyToPath[] | undefined, at: string): Problems {
  for (const [i, item] of (items ?? []).entries()) {
    yield* wellFormed(item.key, { at: `${at}[${i}].key`, by: configKeyProblems, required: true });
    yield* fileNameProblems(item.path, `${at}[${i}].path`);
    yield* modeProblems(item.mode, `${at}[${i}].mode`);
  }
}

function* modeProblems(mode: number | undefined, at: string): Problems {
  if (mode != null && (mode < 0 || mode > 0o777)) yield invalidValue(at, mode, modeDetail);
}

function* projectedProblems({ defaultMode, sources }: ProjectedVolumeSource, at: string): Problems {
  yield* modeProblems(defaultMode, `${at}.defaultMode`);
  yield* repeatedPaths(sources ?? [], at);
  for (const [i, source] of (sources ?? []).entries()) {
    const path = `${at}.sources[${i}]`;
    // One without any is what is left of a source whose gate is closed.
    if (Object.values(source).filter((value) => value != null).length > 1)
      yield forbiddenValue(path, 'may not specify more than 1 volume type per source');
    if (source.secret) {
      yield* required(source.secret.name, `${path}.secret.name`);
      yield* itemProblems(source.secret.items, `${path}.secret.items`);
    }
    if (source.configMap) {
      yield* required(source.configMap.name, `${path}.configMap.name`);
      yield* itemProblems(source.configMap.items, `${path}.configMap.items`);
    }
    if (source.downwardAPI) yield* downwardProblems(source.downwardAPI.items, `${path}.downwardAPI.items`);
    const token = source.serviceAccountToken;
    if (token) {
      const seconds = token.expirationSeconds ?? 3600;
      const where = `${path}.serviceAccountToken`;
      if (seconds < 600) {
        yield invalidValue(`${where}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes');
      } else if (seconds > 2 ** 32) {
        yield invalidValue(
          `${where}.expirationSeconds`,
          seconds,
          'may not specify a duration larger than 2^32 seconds',
        );
      }
      // Upstream names it so.
      if (!token.path) yield requiredValue(`${at}.path`);
    }
  }
}

/** No two sources write the same file. */
function* repeatedPaths(sources: NonNullable<ProjectedVolumeSource['sources']>, at: string): Problems {
  const seen = new Set<string>();
  for (const source of sources) {
    for (const { path, shown } of writtenPaths(source)) {
      if (seen.has(path)) yield invalidValue(at, shown, 'conflicting duplicate paths');
      seen.add(path);
    }
  }
}

/** What a source writes, and what messages show of it: upstream names Secrets and ConfigMaps instead of their paths. */
function writtenPaths(source: VolumeProjection): { path: string; shown: string }[] {
  const { secret, configMap, downwardAPI, clusterTrustBundle, podCertificate } = source;
  const named = [secret, configMap].flatMap((files) =>
    (files?.items ?? []).map(({ path }) => ({ path, shown: files?.name ?? '' })),
  );
  const bare = [
    ...(downwardAPI?.items ?? []).map(({ path }) => path),
    clusterTrustBundle?.path,
    podCertificate?.credentialBundlePath,
    podCertificate?.keyPath,
    podCertificate?.certificateChainPath,
  ].map((path) => ({ path: path ?? '', shown: path ?? '' }));
  return [...named, ...bare].filter(({ path }) => path !== '');
}

function* downwardProblems(items: readonly DownwardAPIVolumeFile[] | undefined, at: string): Problems {
  for (const [i, item] of (items ?? []).entries()) {
    const path = `${at}[${i}]`;
    yield* fileNameProblems(item.path, `${path}.path`);
    if (item.fieldRef) {
      const field = item.fieldRef.fieldPath;
      const known = downwardPaths.includes(field) || /^metadata\.(labels|annotations)\['[^']+'\]$/.test(field);
      if (!known) yield* oneOf(field, { at: `${path}.fieldRef.fieldPath`, of: downwardPaths, required: true });
      if (item.resourceFieldRef) {
        yield invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously');
      }
    } else if (item.resourceFieldRef) {
      const where = `${path}.resourceFieldRef`;
      if (!item.resourceFieldRef.containerName) yield requiredValue(`${where}.containerName`);
      else yield* resourceFieldProblems(item.resourceFieldRef, where);
    } else yield requiredValue(path, 'one of fieldRef and resourceFieldRef is required');
    yield* modeProblems(item.mode, `${path}.mode`);
  }
}

/** A path below a folder that is not known yet. */
export function* fileNameProblems(path: string, at: string): Problems {
  if (!path) {
    yield requiredValue(at);
    return;
  }
  if (path.startsWith('/')) yield invalidValue(at, path, 'must be a relative path');
  yield* noBacksteps(path, at);
  if (path.startsWith('..') && !path.startsWith('../')) yield invalidValue(at, path, "must not start with '..'");
}

export function* noBacksteps(path: string, at: string): Problems {
  if (path.split('/').includes('..')) yield invalidValue(at, path, "must not contain '..'");
}
