import type { PersistentVolume, VolumeNodeAffinity } from '@typernetes/api/core/v1';
import type { Describer } from './describer.ts';
import type { Description } from './description.ts';
import { describeList, describeMetadata, goList } from './metadata.ts';
import { accessModesText, phaseText } from './persistent-volume-claim.ts';
import { describeVolumeSource } from './volume-source.ts';

export const describePersistentVolume: Describer<PersistentVolume> = async (volume, text, { clock }) => {
  const { metadata, spec, status } = volume;
  describeMetadata(text, metadata, { namespaced: false });
  text.line(0, 'Finalizers:', goList(metadata.finalizers));
  const annotated = metadata.annotations?.['volume.beta.kubernetes.io/storage-class'];
  text.line(0, 'StorageClass:', annotated ?? spec?.storageClassName ?? '');
  text.line(0, 'Status:', phaseText(volume, clock.now()));
  const claim = spec?.claimRef;
  text.line(0, 'Claim:', claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : '');
  text.line(0, 'Reclaim Policy:', spec?.persistentVolumeReclaimPolicy ?? '');
  text.line(0, 'Access Modes:', accessModesText(spec?.accessModes));
  if (spec?.volumeMode) text.line(0, 'VolumeMode:', spec.volumeMode);
  text.line(0, 'Capacity:', spec?.capacity?.storage ?? '0');
  describeAffinity(text, spec?.nodeAffinity);
  text.line(0, 'Message:', status?.message ?? '');
  text.line(0, 'Source:');
  describeVolumeSource(text, 2, { source: spec ?? {}, persistent: true });
};

function describeAffinity(text: Description, affinity: VolumeNodeAffinity | undefined): void {
  const terms = affinity?.required?.nodeSelectorTerms;
  text.line(0, 'Node Affinity:', terms ? '' : '<none>');
  if (!terms) return;
  text.line(1, 'Required Terms:', terms.length > 0 ? '' : '<none>');
  for (const [i, { matchExpressions = [] }] of terms.entries()) {
    const values = matchExpressions.map(
      ({ key, operator, values: wanted }) =>
        `${key} ${operator.toLowerCase()}${wanted?.length ? ` [${wanted.join(', ')}]` : ''}`,
    );
    describeList(text, { level: 2, title: `Term ${i}:`, values });
  }
}
