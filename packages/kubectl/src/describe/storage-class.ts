import type { StorageClass } from '@typernetes/api/storage/v1';
import { labelsText } from '../printing/table.ts';
import type { Describer } from './describer.ts';
import { boolText, describeList } from './metadata.ts';

export const describeStorageClass: Describer<StorageClass> = async (storageClass, text) => {
  const {
    metadata,
    provisioner,
    parameters,
    allowVolumeExpansion,
    mountOptions = [],
    allowedTopologies,
  } = storageClass;
  const marks = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
  const isDefault = marks.some((mark) => metadata.annotations?.[mark] === 'true');
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'IsDefaultClass:', isDefault ? 'Yes' : 'No');
  text.line(0, 'Annotations:', labelsText(metadata.annotations));
  text.line(0, 'Provisioner:', provisioner);
  text.line(0, 'Parameters:', labelsText(parameters));
  text.line(0, 'AllowVolumeExpansion:', boolText(allowVolumeExpansion));
  text.line(0, 'MountOptions:', ...(mountOptions.length === 0 ? ['<none>'] : []));
  for (const option of mountOptions) text.line(1, option);
  if (storageClass.reclaimPolicy) text.line(0, 'ReclaimPolicy:', storageClass.reclaimPolicy);
  if (storageClass.volumeBindingMode) text.line(0, 'VolumeBindingMode:', storageClass.volumeBindingMode);
  if (!allowedTopologies) return;
  text.line(0, 'AllowedTopologies:', allowedTopologies.length > 0 ? '' : '<none>');
  for (const [i, { matchLabelExpressions = [] }] of allowedTopologies.entries()) {
    const values = matchLabelExpressions.map(
      ({ key, values: wanted }) => `${key} in${wanted.length > 0 ? ` [${wanted.join(', ')}]` : ''}`,
    );
    describeList(text, { level: 1, title: `Term ${i}:`, values });
  }
};
