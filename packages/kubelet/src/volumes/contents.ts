import type { Pod, PodCertificateProjection, ProjectedVolumeSource, Volume } from '@typernetes/api/core/v1';
import { isNotFound } from '@typernetes/machinery';
import type { PodFacts } from '../runtime/pod-facts.ts';
import type { Payload, VolumeFile } from './atomic-writer.ts';
import { fsUserOf } from './fs-user.ts';
import { configMapData, defaultFileMode, downwardFiles, filesOf, secretData } from './payload.ts';
import type { IssuedCertificate, VolumeSources } from './sources.ts';
import { trustAnchors } from './trust-anchors.ts';

/** The files of a volume with content from the API, and the plugin name in its directory. */
export interface Contents {
  readonly plugin: 'configmap' | 'secret' | 'downward-api' | 'projected';
  readonly payload: Payload;
  /** Never to be written to a disk. */
  readonly isSecret: boolean;
}

interface Reading {
  readonly sources: VolumeSources;
  readonly facts: PodFacts;
}

/** Undefined for volumes of another kind. */
export async function contentsOf(pod: Pod, volume: Volume, reading: Reading): Promise<Contents | undefined> {
  const { facts } = reading;
  if (volume.configMap) {
    const { name = '', defaultMode: mode = defaultFileMode, ...source } = volume.configMap;
    const payload = await configMapFiles(pod, { ...source, name, mode }, reading);
    return { plugin: 'configmap', payload, isSecret: false };
  }
  if (volume.secret) {
    const { secretName: name = '', defaultMode: mode = defaultFileMode, ...source } = volume.secret;
    const payload = await secretFiles(pod, { ...source, name, mode }, reading);
    return { plugin: 'secret', payload, isSecret: true };
  }
  if (volume.downwardAPI) {
    const { items, defaultMode: mode = defaultFileMode } = volume.downwardAPI;
    return { plugin: 'downward-api', payload: downwardFiles(pod, items, { mode, facts }), isSecret: false };
  }
  if (!volume.projected) return undefined;
  const sources = volume.projected.sources ?? [];
  const isSecret = sources.some((source) => source.secret || source.serviceAccountToken || source.podCertificate);
  return {
    plugin: 'projected',
    payload: await projectedFiles(pod, { projected: volume.projected, volume }, reading),
    isSecret,
  };
}

/** For tokens, keys and certificates in pods that run as one user. */
const privateMode = 0o600;

interface NamedSource {
  readonly name: string;
  readonly items?: NonNullable<NonNullable<Volume['configMap']>['items']>;
  readonly optional?: boolean;
  readonly mode: number;
}

async function configMapFiles(pod: Pod, source: NamedSource, { sources }: Reading): Promise<Payload> {
  const { name, items, mode, optional = false } = source;
  const read = async () => configMapData(await sources.configMap(namespaceOf(pod), name));
  const missing = (key: string): string => `configmap references non-existent config key: ${key}`;
  return filesOf(await orNothing(optional, read), { ...(items ? { items } : {}), mode, optional, missing });
}

async function secretFiles(pod: Pod, source: NamedSource, { sources }: Reading): Promise<Payload> {
  const { name, items, mode, optional = false } = source;
  const read = async () => secretData(await sources.secret(namespaceOf(pod), name));
  const missing = (key: string): string => `references non-existent secret key: ${key}`;
  return filesOf(await orNothing(optional, read), { ...(items ? { items } : {}), mode, optional, missing });
}

async function projectedFiles(
  pod: Pod,
  { projected, volume }: { readonly projected: ProjectedVolumeSource; readonly volume: Volume },
  reading: Reading,
): Promise<Payload> {
  const { sources, facts } = reading;
  const mode = projected.defaultMode ?? defaultFileMode;
  const owner = fsUserOf(pod);
  // Credentials of the pod are readable by their owner only, if there is one; with fsGroup the group may read them,
  // too.
  const isNarrow = owner !== undefined || pod.spec.securityContext?.fsGroup !== undefined;
  const own = { mode: isNarrow ? privateMode : mode, owner };
  const parts = await Promise.all(
    (projected.sources ?? []).map(async (source): Promise<Payload> => {
      if (source.serviceAccountToken) {
        const { audience, expirationSeconds = 3600, path } = source.serviceAccountToken;
        const { token } = await sources.token(pod, audience, expirationSeconds);
        return new Map([[path, { content: token, ...own }]]);
      }
      if (source.configMap)
        return configMapFiles(pod, { ...source.configMap, name: source.configMap.name ?? '', mode }, reading);
      if (source.secret) return secretFiles(pod, { ...source.secret, name: source.secret.name ?? '', mode }, reading);
      if (source.downwardAPI) return downwardFiles(pod, source.downwardAPI.items, { mode, facts });
      if (source.clusterTrustBundle) {
        const content = await trustAnchors(source.clusterTrustBundle, sources);
        return new Map([[source.clusterTrustBundle.path, { content, ...own }]]);
      }
      if (source.podCertificate)
        return certificateFiles(
          source.podCertificate,
          await sources.certificate(pod, volume.name, source.podCertificate),
          own,
        );
      // Sources behind disabled gates have been dropped from the pod: as upstream, the rest is served.
      return new Map();
    }),
  );
  return new Map(parts.flatMap((part) => [...part]));
}

function certificateFiles(
  { credentialBundlePath, keyPath, certificateChainPath }: PodCertificateProjection,
  { privateKey, certificateChain }: IssuedCertificate,
  own: Omit<VolumeFile, 'content'>,
): Payload {
  const files = [
    [credentialBundlePath, privateKey + certificateChain],
    [keyPath, privateKey],
    [certificateChainPath, certificateChain],
  ] as const;
  return new Map(files.flatMap(([path, content]) => (path ? [[path, { content, ...own }]] : [])));
}

const namespaceOf = (pod: Pod): string => pod.metadata.namespace ?? 'default';

/** The data, or none where it may be missing. */
async function orNothing(
  optional: boolean,
  read: () => Promise<ReadonlyMap<string, Buffer>>,
): Promise<ReadonlyMap<string, Buffer>> {
  try {
    return await read();
  } catch (error) {
    if (optional && isNotFound(error)) return new Map();
    throw error;
  }
}
