import { canonicalQuantity, goQuote, milliValue } from '@typernetes/machinery';
import { selectorTermWarnings } from './name-warnings.ts';
import type {
  KeyToPath,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  Volume,
  VolumeProjection,
} from './v1.gen.ts';

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';
const classText = `metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`;

export function* claimWarnings({ metadata, spec }: PersistentVolumeClaim): Iterable<string> {
  if (metadata.annotations?.[classAnnotation] !== undefined) yield classText;
  if (spec) yield* claimSpecWarnings(spec, 'spec');
}

export function* claimSpecWarnings({ resources }: PersistentVolumeClaimSpec, at: string): Iterable<string> {
  yield* fractionWarnings(resources?.requests?.storage, `${at}.resources.requests[storage]`);
  yield* fractionWarnings(resources?.limits?.storage, `${at}.resources.limits[storage]`);
}

/** Warns of fractional bytes. */
export function* fractionWarnings(amount: string | undefined, at: string): Iterable<string> {
  if (amount !== undefined && milliValue(amount) % 1000 !== 0)
    yield `${at}: fractional byte value ${goQuote(canonicalQuantity(amount))} is invalid, must be an integer`;
}

/** Volume types that no longer work, by field. */
const volumesOfOld = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;
/** Upstream's message uses a name other than the field's. */
const shown: Readonly<Record<string, string>> = { storageos: 'storageOS' };
const volumesOfPods = new Set(['gitRepo', 'flocker', 'quobyte']);

export function* persistentVolumeWarnings({ metadata, spec }: PersistentVolume): Iterable<string> {
  if (metadata.annotations?.[classAnnotation] !== undefined) yield classText;
  if (spec?.persistentVolumeReclaimPolicy === 'Recycle')
    yield 'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';
  for (const [i, term] of (spec?.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries())
    yield* selectorTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`);
  for (const [field, text] of volumesOfOld) {
    const source = (spec as Readonly<Record<string, unknown>> | undefined)?.[field];
    if (source !== undefined && !volumesOfPods.has(field)) yield `spec.${shown[field] ?? field}: ${text}`;
  }
}

/** Warnings for the volumes of a pod, whose list is at `at`. */
export function* podVolumeWarnings(volumes: readonly Volume[], at: string): Iterable<string> {
  for (const [i, volume] of volumes.entries()) {
    for (const [field, text] of volumesOfOld) {
      if (volume[field] !== undefined) yield `${at}[${i}].${shown[field] ?? field}: ${text}`;
    }
    const template = volume.ephemeral?.volumeClaimTemplate;
    if (template) yield* claimSpecWarnings(template.spec, `${at}[${i}].ephemeral.volumeClaimTemplate.spec`);
  }
  for (const volume of volumes) yield* overlapWarnings(volume);
}

type PathItems = readonly Pick<KeyToPath, 'path'>[];

/** Warns of files in a projected volume that replace or lie within others. */
function* overlapWarnings({ name, configMap, secret, downwardAPI, projected }: Volume): Iterable<string> {
  const text = (source: string): string => `volume ${goQuote(name)} (${source}): overlapping paths`;
  if (configMap) yield* overlapsOf(pathsOf(configMap.items), text(`ConfigMap ${goQuote(configMap.name ?? '')}`));
  if (secret) yield* overlapsOf(pathsOf(secret.items), text(`Secret ${goQuote(secret.secretName ?? '')}`));
  if (downwardAPI) yield* overlapsOf(pathsOf(downwardAPI.items), text('DownwardAPI'));
  const before = new Set<string>();
  for (const source of projected?.sources ?? []) {
    if (Object.keys(source).length === 0) {
      yield `volume ${goQuote(name)} (Projected) has no sources provided`;
      continue;
    }
    const { paths, origin } = projectedPaths(source);
    yield* overlapsOf(paths, text(origin));
    yield* overlapsOf([...new Set(paths), ...before].sort(), text(origin));
    for (const path of paths) before.add(path);
  }
}

const pathsOf = (items: PathItems | undefined): string[] => (items ?? []).map(({ path }) => path);

function projectedPaths(source: VolumeProjection): { paths: readonly string[]; origin: string } {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
  if (configMap)
    return { paths: pathsOf(configMap.items), origin: `Projected ConfigMap ${goQuote(configMap.name ?? '')}` };
  if (secret) return { paths: pathsOf(secret.items), origin: `Projected Secret ${goQuote(secret.name ?? '')}` };
  if (downwardAPI) return { paths: pathsOf(downwardAPI.items), origin: 'Projected DownwardAPI' };
  if (serviceAccountToken) return { paths: [serviceAccountToken.path], origin: 'Projected ServiceAccountToken' };
  if (clusterTrustBundle) {
    const { name, signerName, path } = clusterTrustBundle;
    return { paths: [path], origin: `Projected ClusterTrustBundle ${goQuote(name ?? signerName ?? '')}` };
  }
  return { paths: [], origin: '' };
}

function* overlapsOf(paths: readonly string[], text: string): Iterable<string> {
  const seen = new Set<string>();
  for (const given of paths) {
    const path = given.replace(/\/+$/, '');
    const other = [...seen].find((item) => overlap(item, path));
    if (other !== undefined) yield `${text}: ${goQuote(path)} with ${goQuote(other)}`;
    seen.add(path);
  }
}

/** As upstream, this also takes `ab` to be within `a`. */
const overlap = (a: string, b: string): boolean =>
  a !== '' && b !== '' && (`${a}/`.startsWith(b) || `${b}/`.startsWith(a));
