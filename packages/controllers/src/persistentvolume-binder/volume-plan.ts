import type { PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { EventText } from './claim-plan.ts';
import { hasMode } from './match.ts';
import { boundByController, hasAnnotation, provisionedBy } from './names.ts';

type VolumePlan =
  | { readonly do: 'settle'; readonly phase: 'Available' | 'Bound' | 'Released' | 'Failed'; readonly event?: EventText }
  /** Let the claim bind itself. */
  | { readonly do: 'wake'; readonly event?: EventText }
  | { readonly do: 'delete' }
  /** Write the volume without its claim. */
  | { readonly do: 'unbind'; readonly volume: PersistentVolume };

/** `claim` is the one that the volume refers to, if it still exists. */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  const ref = volume.spec?.claimRef;
  if (!ref?.uid) return { do: 'settle', phase: 'Available' };
  if (!claim) return reclaim(volume);
  const name = claim.spec?.volumeName;
  if (name === volume.metadata.name) return { do: 'settle', phase: 'Bound' };
  if (!name) {
    if (hasMode(volume, claim)) return { do: 'wake' };
    const message = `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" due to incompatible volumeMode.`;
    return { do: 'wake', event: { type: 'Warning', reason: 'VolumeMismatch', message } };
  }
  // The claim has another volume: a dynamically provisioned one is deleted, any other becomes available.
  if (hasAnnotation(volume, provisionedBy) && volume.spec?.persistentVolumeReclaimPolicy === 'Delete')
    return reclaim(volume);
  return { do: 'unbind', volume: unbound(volume) };
}

/** Keeps the parts of the binding that an administrator has set, and removes those that this controller has set. */
function unbound(volume: PersistentVolume): PersistentVolume {
  const { [boundByController]: ours, ...annotations } = volume.metadata.annotations ?? {};
  const { claimRef, ...spec } = volume.spec ?? {};
  const { uid: _, resourceVersion: __, ...meant } = claimRef ?? {};
  return {
    ...volume,
    metadata: { ...volume.metadata, annotations },
    spec: ours === undefined ? { ...spec, claimRef: meant } : spec,
  };
}

function reclaim(volume: PersistentVolume): VolumePlan {
  const { persistentVolumeReclaimPolicy: policy = 'Retain', csi, hostPath } = volume.spec ?? {};
  // An external provisioner deletes what it made, once it is released.
  const isExternal = csi !== undefined || hasAnnotation(volume, provisionedBy);
  if (policy === 'Retain' || (policy === 'Delete' && isExternal)) return { do: 'settle', phase: 'Released' };
  if (policy === 'Delete' && hostPath) return reclaimPath(hostPath.path);
  const [reason, message] =
    policy === 'Delete'
      ? [
          'VolumeFailedDelete',
          `error getting deleter volume plugin for volume "${volume.metadata.name}": no deletable volume plugin matched`,
        ]
      : ['VolumeFailedRecycle', 'No recycler plugin found for the volume!'];
  return { do: 'settle', phase: 'Failed', event: { type: 'Warning', reason, message } };
}

/**
 * Upstream's host path plugin, meant for tests, deletes the folder on its own machine, which is hardly ever the node's:
 * as there, the volume is deleted and the files stay.
 */
function reclaimPath(path: string): VolumePlan {
  if (/\/tmp\/.+/.test(path)) return { do: 'delete' };
  const message = `host_path deleter only supports /tmp/.+ but received provided ${path}`;
  return { do: 'settle', phase: 'Failed', event: { type: 'Warning', reason: 'VolumeFailedDelete', message } };
}
