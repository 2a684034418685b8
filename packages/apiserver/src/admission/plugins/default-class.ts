import type { PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { Ingress, IngressClass } from '@typernetes/api/networking/v1';
import type { StorageClass } from '@typernetes/api/storage/v1';
import type { Lister } from '@typernetes/client';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { targetOf } from '../request-target.ts';

const storageAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const betaClassAnnotation = 'volume.beta.kubernetes.io/storage-class';
const ingressAnnotation = 'ingressclass.kubernetes.io/is-default-class';
const oldIngressClassAnnotation = 'kubernetes.io/ingress.class';

/** A claim without a class gets the default one; a claim with the class "" keeps having none. */
export function defaultStorageClass(deps: {
  readonly storageClasses: Pick<Lister<StorageClass>, 'list'>;
}): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    concerns: (request) => request.operation === 'CREATE' && targetOf(request) === 'persistentvolumeclaims',
    admit: ({ object }) => {
      const claim = object as PersistentVolumeClaim;
      const says =
        claim.spec?.storageClassName !== undefined || claim.metadata.annotations?.[betaClassAnnotation] !== undefined;
      if (says) return;
      const defaults = deps.storageClasses.list().filter((one) => isMarked(one, storageAnnotations));
      const chosen = newestFirst(defaults)[0];
      if (chosen) claim.spec = { ...claim.spec, storageClassName: chosen.metadata.name };
    },
  };
}

/** The same for ingresses. */
export function defaultIngressClass(deps: {
  readonly ingressClasses: Pick<Lister<IngressClass>, 'list'>;
}): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    concerns: (request) => request.operation === 'CREATE' && targetOf(request) === 'ingresses.networking.k8s.io',
    admit: ({ object }) => {
      const ingress = object as Ingress;
      const says =
        ingress.spec?.ingressClassName !== undefined ||
        ingress.metadata.annotations?.[oldIngressClassAnnotation] !== undefined;
      if (says) return;
      const defaults = newestFirst(deps.ingressClasses.list().filter((one) => isMarked(one, [ingressAnnotation])));
      if (defaults[0]) ingress.spec = { ...ingress.spec, ingressClassName: defaults[0].metadata.name };
    },
  };
}

interface Marked {
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp: string;
    readonly annotations?: Record<string, string>;
  };
}

function isMarked({ metadata }: Marked, annotations: readonly string[]): boolean {
  return annotations.some((annotation) => metadata.annotations?.[annotation] === 'true');
}

/** Newest first, then by name. */
function newestFirst<T extends Marked>(classes: readonly T[]): T[] {
  return [...classes].sort(
    ({ metadata: a }, { metadata: b }) =>
      b.creationTimestamp.localeCompare(a.creationTimestamp) || a.name.localeCompare(b.name),
  );
}
