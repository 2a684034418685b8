/**
 * Resources that v1.20 has in an older version only, whose objects are the same otherwise: the peer is asked for that one, and what it
 * answers is read as if it had been the newer one.
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

/** The API version in which the peer has what we have in `apiVersion`; undefined where it has it in the same. */
export const olderVersion = (plural: string, apiVersion: string): string | undefined =>
  older.find(([name, ours]) => name === plural && ours === apiVersion)?.[2];

/** A path as the peer knows it. */
export function olderPath(path: string): string {
  for (const [plural, ours, theirs] of older)
    if (path.startsWith(`/apis/${ours}/`) && path.split('?')[0]?.split('/').includes(plural))
      return path.replace(ours, theirs);
  return path;
}

/** The text of a body with the versions that the peer knows, for a path that has been translated. */
export function olderText(path: string, text: string): string {
  const asked = older.filter(([plural, ours]) => path.startsWith(`/apis/${ours}/`) && path.includes(`/${plural}`));
  return asked.reduce((all, [, ours, theirs]) => all.replaceAll(`"${ours}"`, `"${theirs}"`), text);
}

/** The text of an answer with the versions that we know. */
export function newerText(path: string, text: string): string {
  const asked = older.filter(([plural, ours]) => path.startsWith(`/apis/${ours}/`) && path.includes(`/${plural}`));
  return asked.reduce((all, [, ours, theirs]) => {
    const [short = '', shorter = ''] = [theirs, ours].map((version) => version.split('/')[1] ?? '');
    return all.replaceAll(theirs, ours).replaceAll(`.${short}.`, `.${shorter}.`);
  }, text);
}
