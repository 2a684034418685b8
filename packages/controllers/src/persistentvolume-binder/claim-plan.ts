import type { PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { StorageClass } from '@typernetes/api/storage/v1';
import { bestMatch, mismatch } from './match.ts';
import {
  betaStorageProvisioner,
  bindCompleted,
  boundByController,
  classOfClaim,
  defaultOf,
  hasAnnotation,
  isMeantFor,
  selectedNode,
  storageProvisioner,
} from './names.ts';

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

type ClaimPlan =
  | { readonly do: 'bind'; readonly volume: PersistentVolume }
  /** Write the claim itself: its class, or its provisioner. */
  | { readonly do: 'update'; readonly claim: PersistentVolumeClaim; readonly event?: EventText }
  | { readonly do: 'settle'; readonly phase: 'Pending' | 'Lost'; readonly event?: EventText };

interface ClaimView {
  readonly volumes: readonly PersistentVolume[];
  readonly volume: (name: string) => PersistentVolume | undefined;
  readonly classes: readonly StorageClass[];
  /** Names of pods that use the claim and wait for a node. */
  readonly waiting: readonly string[];
  /** Whether claims are handed to the provisioners of their classes; without, they wait for volumes that somebody makes. */
  readonly provisions: boolean;
}

export function planClaim(claim: PersistentVolumeClaim, view: ClaimView): ClaimPlan {
  if (hasAnnotation(claim, bindCompleted)) return planBound(claim, view);
  const name = claim.spec?.volumeName;
  if (!name) return planUnbound(claim, view);
  const volume = view.volume(name);
  if (!volume) return { do: 'settle', phase: 'Pending' };
  if (volume.spec?.claimRef && isMeantFor(volume, claim)) return { do: 'bind', volume };
  if (!volume.spec?.claimRef) {
    const reason = mismatch(volume, claim);
    if (reason === undefined) return { do: 'bind', volume };
    const message = `Cannot bind to requested volume "${name}": ${reason}`;
    return { do: 'settle', phase: 'Pending', event: { type: 'Warning', reason: 'VolumeMismatch', message } };
  }
  if (hasAnnotation(claim, boundByController)) return { do: 'settle', phase: 'Pending' };
  const message = `volume "${name}" already bound to a different claim.`;
  return { do: 'settle', phase: 'Pending', event: { type: 'Warning', reason: 'FailedBinding', message } };
}

function planBound(claim: PersistentVolumeClaim, { volume: find }: ClaimView): ClaimPlan {
  const lost = (reason: string, message: string): ClaimPlan => ({
    do: 'settle',
    phase: 'Lost',
    event: { type: 'Warning', reason, message },
  });
  const end = 'Data on the volume is lost!';
  const name = claim.spec?.volumeName;
  if (!name) return lost('ClaimLost', `Bound claim has lost reference to PersistentVolume. ${end}`);
  const volume = find(name);
  if (!volume) return lost('ClaimLost', `Bound claim has lost its PersistentVolume. ${end}`);
  if (!volume.spec?.claimRef || volume.spec.claimRef.uid === claim.metadata.uid) return { do: 'bind', volume };
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

function planUnbound(claim: PersistentVolumeClaim, view: ClaimView): ClaimPlan {
  const name = classOfClaim(claim);
  const found = view.classes.find(({ metadata }) => metadata.name === name);
  const delayed = found?.volumeBindingMode === 'WaitForFirstConsumer';
  const volume = bestMatch(claim, view.volumes, { delayed });
  if (volume) return { do: 'bind', volume };
  if (name === undefined) {
    const standard = defaultOf(view.classes);
    if (standard) {
      const spec = { ...claim.spec, storageClassName: standard.metadata.name };
      return { do: 'update', claim: { ...claim, spec } };
    }
  }
  const pending = (event: EventText): ClaimPlan => ({ do: 'settle', phase: 'Pending', event });
  if (delayed && !hasAnnotation(claim, selectedNode)) return pending(waitingFor(view.waiting));
  if (name && !view.provisions) return { do: 'settle', phase: 'Pending' };
  if (name) return provision(claim, name, found);
  const message = 'no persistent volumes available for this claim and no storage class is set';
  return pending({ type: 'Normal', reason: 'FailedBinding', message });
}

function waitingFor([pod]: readonly string[]): EventText {
  if (pod === undefined) {
    const message = 'waiting for first consumer to be created before binding';
    return { type: 'Normal', reason: 'WaitForFirstConsumer', message };
  }
  return { type: 'Normal', reason: 'WaitForPodScheduled', message: `waiting for pod ${pod} to be scheduled` };
}

/** Hands the claim to the provisioner that its class names, by annotations. */
function provision(claim: PersistentVolumeClaim, name: string, found: StorageClass | undefined): ClaimPlan {
  const failed = (message: string): ClaimPlan => ({
    do: 'settle',
    phase: 'Pending',
    event: { type: 'Warning', reason: 'ProvisioningFailed', message },
  });
  if (!found) return failed(`storageclass.storage.k8s.io "${name}" not found`);
  const { provisioner } = found;
  if (provisioner.startsWith('kubernetes.io/')) return failed(`no volume plugin matched name: ${provisioner}`);
  const advice =
    'If volume creation is delayed, please verify that the provisioner is running and correctly registered.';
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. ${advice}`;
  const event: EventText = { type: 'Normal', reason: 'ExternalProvisioning', message };
  const { annotations } = claim.metadata;
  if (annotations?.[storageProvisioner] === provisioner && annotations[betaStorageProvisioner] === provisioner)
    return { do: 'settle', phase: 'Pending', event };
  const named = { ...annotations, [betaStorageProvisioner]: provisioner, [storageProvisioner]: provisioner };
  return { do: 'update', claim: { ...claim, metadata: { ...claim.metadata, annotations: named } }, event };
}
