import type { PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { StorageClass } from '@typernetes/api/storage/v1';
import type { Lister } from '@typernetes/client';
import { compareQuantities, parseQuantity } from '@typernetes/machinery';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { refusal, targetOf } from '../request-target.ts';

/** A bound claim may only grow if its storage class allows volume expansion. */
export function persistentVolumeClaimResize(deps: {
  readonly storageClasses: Pick<Lister<StorageClass>, 'get'>;
}): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    concerns: (request) => request.operation === 'UPDATE' && targetOf(request) === 'persistentvolumeclaims',
    validate: (request) => {
      const [next, old] = [request.object as PersistentVolumeClaim, request.oldObject as PersistentVolumeClaim];
      const [wanted, had] = [sizeOf(next), sizeOf(old)];
      if (wanted === undefined || had === undefined || compareQuantities(wanted, had) <= 0) return;
      if (old.status?.phase !== 'Bound') throw refusal(request, 'Only bound persistent volume claims can be expanded');
      const name = next.spec?.storageClassName ?? '';
      if (deps.storageClasses.get(name)?.allowVolumeExpansion !== true) {
        throw refusal(
          request,
          'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
        );
      }
    },
  };
}

function sizeOf(claim: PersistentVolumeClaim) {
  const text = claim.spec?.resources?.requests?.storage;
  return text === undefined ? undefined : parseQuantity(text);
}
