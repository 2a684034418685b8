import {
  forbiddenValue,
  invalidValue,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import { signerProblems } from '../certificates/certificate-signing-request-validation.ts';
import { type Problems, required } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import type {
  ClusterTrustBundleProjection,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from './v1.gen.ts';
import { downwardProblems, itemProblems, localPathProblems, modeProblems } from './volume-files-validation.ts';

/** Problems of a projected volume, source by source, and within each in this order. */
export function* projectedProblems({ defaultMode, sources }: ProjectedVolumeSource, at: string): Problems {
  yield* modeProblems(defaultMode, `${at}.defaultMode`);
  const written = new Set<string>();
  for (const [i, source] of (sources ?? []).entries()) {
    const path = `${at}.sources[${i}]`;
    for (const kind of ['secret', 'configMap'] as const) {
      const files = source[kind];
      if (!files) continue;
      yield* required(files.name, `${path}.${kind}.name`);
      yield* itemProblems(files.items, `${path}.${kind}.items`);
    }
    if (source.downwardAPI) yield* downwardProblems(source.downwardAPI.items, `${path}.downwardAPI`);
    if (source.serviceAccountToken) yield* tokenProblems(source.serviceAccountToken, { at, path });
    if (source.clusterTrustBundle) yield* bundleProblems(source.clusterTrustBundle, `${path}.clusterTrustBundle`);
    if (source.podCertificate) yield* certificateProblems(source.podCertificate, `${path}.podCertificate`);
    for (const { name, shown } of filesOf(source)) {
      if (written.has(name)) yield invalidValue(at, shown, 'conflicting duplicate paths');
      written.add(name);
    }
    // A source without any member remains when its gate is closed.
    if (Object.values(source).filter((value) => value != null).length > 1)
      yield forbiddenValue(path, 'may not specify more than 1 volume type per source');
  }
}

function* tokenProblems(
  { expirationSeconds = 3600, path: file }: ServiceAccountTokenProjection,
  { at, path }: { at: string; path: string },
): Problems {
  const where = `${path}.serviceAccountToken.expirationSeconds`;
  if (expirationSeconds < 600)
    yield invalidValue(where, expirationSeconds, 'may not specify a duration less than 10 minutes');
  else if (expirationSeconds > 2 ** 32)
    yield invalidValue(where, expirationSeconds, 'may not specify a duration larger than 2^32 seconds');
  // Upstream uses this path.
  if (!file) yield requiredValue(`${at}.path`);
  else yield* localPathProblems(file, `${at}.path`);
}

function* bundleProblems(bundle: ClusterTrustBundleProjection, at: string): Problems {
  const { name, signerName, labelSelector, path } = bundle;
  if (name != null && signerName != null) yield invalidValue(at, bundle, 'only one of name and signerName may be used');
  else if (name != null) {
    if (name === '') yield requiredValue(`${at}.name`, 'must be a valid object name');
    // The part before the colon belongs to the signer.
    for (const detail of subdomainProblems(name.slice(name.lastIndexOf(':') + 1)))
      yield invalidValue(`${at}.name`, name, `not a valid clustertrustbundlename: ${detail}`);
    if (labelSelector)
      yield invalidValue(`${at}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified');
  } else if (signerName != null) {
    if (signerName === '') yield requiredValue(`${at}.signerName`, 'must be a valid signer name');
    yield* signerProblems(signerName, `${at}.signerName`);
    if (labelSelector) yield* labelSelectorProblems(labelSelector, `${at}.labelSelector`);
  } else yield requiredValue(at, 'either name or signerName must be specified');
  if (!path) yield requiredValue(`${at}.path`);
  else yield* localPathProblems(path, `${at}.path`);
}

const keyTypes = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'];
/** One hour and 91 days. */
const [minSeconds, maxSeconds] = [3600, 7_862_400];

/** The rules come from upstream's description of the type; where it gives no message, the message is ours. */
function* certificateProblems(certificate: PodCertificateProjection, at: string): Problems {
  const { signerName, keyType, maxExpirationSeconds: seconds } = certificate;
  yield* signerProblems(signerName ?? '', `${at}.signerName`);
  if (!keyTypes.includes(keyType)) yield unsupportedValue(`${at}.keyType`, keyType ?? '', keyTypes);
  if (seconds != null && (seconds < minSeconds || seconds > maxSeconds))
    yield invalidValue(`${at}.maxExpirationSeconds`, seconds, `must be in the range [${minSeconds}, ${maxSeconds}]`);
  const files = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const;
  for (const file of files) yield* localPathProblems(certificate[file] ?? '', `${at}.${file}`);
  if (files.every((file) => !certificate[file]))
    yield requiredValue(at, `specify at least one of ${files.slice(0, 2).join(', ')}, and ${files[2]}`);
}

interface WrittenFile {
  readonly name: string;
  /** The value that messages show: upstream shows the Secret or ConfigMap instead of the path. */
  readonly shown: string;
}

/** The files of a source; no two sources may write the same path. */
function filesOf({
  secret,
  configMap,
  downwardAPI,
  clusterTrustBundle,
  podCertificate,
}: VolumeProjection): WrittenFile[] {
  const named = [secret, configMap].flatMap((files) =>
    (files?.items ?? []).map(({ path }) => ({ name: path, shown: files?.name ?? '' })),
  );
  const bare = [
    ...(downwardAPI?.items ?? []).map(({ path }) => path),
    clusterTrustBundle?.path,
    podCertificate?.credentialBundlePath,
    podCertificate?.keyPath,
    podCertificate?.certificateChainPath,
  ].map((path = '') => ({ name: path, shown: path }));
  return [...named, ...bare].filter(({ name }) => name !== '');
}
