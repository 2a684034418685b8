import type { Container, Pod, PodSpec, Volume } from '@typernetes/api/core/v1';

/** Another object that is named in this one. */
interface Reference {
  /** Of the resource: `configmaps`. */
  readonly resource: string;
  readonly name: string;
}

/** What a volume is made of, in words, and the object that it comes from if there is one. */
interface VolumeFacts {
  readonly name: string;
  readonly source: string;
  readonly detail: string;
  readonly reference?: Reference;
  /** `container:/path`. */
  readonly mounts: readonly string[];
}

export function volumesOf({ spec }: Pod): VolumeFacts[] {
  return (spec?.volumes ?? []).map((volume) => ({
    name: volume.name,
    ...sourceOf(volume),
    mounts: mountsOf(spec, volume.name),
  }));
}

function sourceOf(volume: Volume): Pick<VolumeFacts, 'source' | 'detail' | 'reference'> {
  const [source = 'unknown'] = Object.keys(volume).filter((field) => field !== 'name');
  const { configMap, secret, persistentVolumeClaim: claim, hostPath, emptyDir, projected, csi, image } = volume;
  const of = (resource: string, name = ''): Pick<VolumeFacts, 'detail' | 'reference'> => ({
    detail: name,
    reference: { resource, name },
  });
  if (configMap) return { source, ...of('configmaps', configMap.name) };
  if (secret) return { source, ...of('secrets', secret.secretName) };
  if (claim) return { source, ...of('persistentvolumeclaims', claim.claimName) };
  const parts = (projected?.sources ?? []).flatMap((one) => Object.keys(one));
  const detail =
    hostPath?.path ??
    csi?.driver ??
    image?.reference ??
    (parts.length > 0 ? parts.join(', ') : (emptyDir?.medium ?? ''));
  return { source, detail };
}

function mountsOf(spec: PodSpec | undefined, name: string): string[] {
  const containers: readonly Container[] = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return containers.flatMap((one) =>
    (one.volumeMounts ?? [])
      .filter((mount) => mount.name === name)
      .map(({ mountPath, readOnly }) => `${one.name}:${mountPath}${readOnly ? ' (read-only)' : ''}`),
  );
}
