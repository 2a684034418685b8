/**
 * Resources that v1.20 has only in an older version, with otherwise the same objects: the peer is asked for that
 * version, and its answer is read as if it were the newer one.
 */
const older: readonly (readonly [plural: string, ours: string, theirs: string])[] = [
  ['cronjobs', 'batch/v1', 'batch/v1beta1'],
  ['poddisruptionbudgets', 'policy/v1', 'policy/v1beta1'],
  ['horizontalpodautoscalers', 'autoscaling/v2', 'autoscaling/v2beta2'],
  ['csistoragecapacities', 'storage.k8s.io/v1', 'storage.k8s.io/v1alpha1'],
  ['endpointslices', 'discovery.k8s.io/v1', 'discovery.k8s.io/v1beta1'],
  ['flowschemas', 'flowcontrol.apiserver.k8s.io/v1', 'flowcontrol.apiserver.k8s.io/v1beta1'],
  ['prioritylevelconfigurations', 'flowcontrol.apiserver.k8s.io/v1', 'flowcontrol.apiserver.k8s.io/v1beta1'],
];

/** The peer's API version for our `apiVersion`; undefined where it is the same. */
export const olderVersion = (plural: string, apiVersion: string): string | undefined =>
  older.find(([name, ours]) => name === plural && ours === apiVersion)?.[2];

/** Translates a path to the peer's versions. */
export function olderPath(path: string): string {
  for (const [plural, ours, theirs] of older)
    if (path.startsWith(`/apis/${ours}/`) && path.split('?')[0]?.split('/').includes(plural))
      return path.replace(ours, theirs);
  return path;
}

/** Translates a request body to the peer's versions, for a path that was translated. */
export function olderText(path: string, text: string): string {
  const asked = older.filter(([plural, ours]) => path.startsWith(`/apis/${ours}/`) && path.includes(`/${plural}`));
  return asked.reduce((all, [, ours, theirs]) => all.replaceAll(`"${ours}"`, `"${theirs}"`), text);
}

/** Translates the text of an answer to our versions. */
export function newerText(path: string, text: string): string {
  const asked = older.filter(([plural, ours]) => path.startsWith(`/apis/${ours}/`) && path.includes(`/${plural}`));
  return asked.reduce((all, [, ours, theirs]) => {
    const [short = '', shorter = ''] = [theirs, ours].map((version) => version.split('/')[1] ?? '');
    return all.replaceAll(theirs, ours).replaceAll(`.${short}.`, `.${shorter}.`);
  }, text);
}
