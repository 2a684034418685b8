import type {
  CSIDriver,
  CSINode,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '@typernetes/api/storage/v1';
import { age } from '../cells.ts';
import { ageColumn, flag, integer, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

const defaultClassAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

export const storageClassPrinter: Printer<StorageClass> = {
  columns: [
    nameColumn,
    text('Provisioner'),
    text('ReclaimPolicy'),
    text('VolumeBindingMode'),
    text('AllowVolumeExpansion'),
    ageColumn,
  ],
  cells(storageClass, now) {
    const { metadata } = storageClass;
    const isDefault = defaultClassAnnotations.some((key) => metadata.annotations?.[key] === 'true');
    return [
      isDefault ? `${metadata.name} (default)` : metadata.name,
      storageClass.provisioner,
      storageClass.reclaimPolicy ?? 'Delete',
      storageClass.volumeBindingMode ?? 'Immediate',
      storageClass.allowVolumeExpansion ?? false,
      age(metadata.creationTimestamp, now),
    ];
  },
};

export const volumeAttributesClassPrinter: Printer<VolumeAttributesClass> = {
  columns: [nameColumn, text('DriverName'), ageColumn],
  cells: ({ metadata, driverName }, now) => [metadata.name, driverName, age(metadata.creationTimestamp, now)],
};

export const volumeAttachmentPrinter: Printer<VolumeAttachment> = {
  columns: [nameColumn, { ...text('Attacher'), format: 'name' }, text('PV'), text('Node'), flag('Attached'), ageColumn],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.attacher,
    spec.source?.persistentVolumeName ?? '',
    spec.nodeName,
    status?.attached ?? false,
    age(metadata.creationTimestamp, now),
  ],
};

export const csiNodePrinter: Printer<CSINode> = {
  columns: [nameColumn, integer('Drivers'), ageColumn],
  cells: ({ metadata, spec }, now) => [metadata.name, spec.drivers?.length ?? 0, age(metadata.creationTimestamp, now)],
};

export const csiDriverPrinter: Printer<CSIDriver> = {
  columns: [
    nameColumn,
    flag('AttachRequired'),
    flag('PodInfoOnMount'),
    flag('StorageCapacity'),
    text('TokenRequests'),
    flag('RequiresRepublish'),
    text('Modes'),
    ageColumn,
  ],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec.attachRequired ?? true,
    spec.podInfoOnMount ?? false,
    spec.storageCapacity ?? false,
    spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>',
    spec.requiresRepublish ?? false,
    spec.volumeLifecycleModes?.join(',') || '<none>',
    age(metadata.creationTimestamp, now),
  ],
};
