import type { VolumeAttributesClass } from '@typernetes/api/storage/v1';
import { labelsText } from '../printing/table.ts';
import type { Describer } from './describer.ts';

export const describeVolumeAttributesClass: Describer<VolumeAttributesClass> = async (object, text) => {
  text.line(0, 'Name:', object.metadata.name);
  text.line(0, 'Annotations:', labelsText(object.metadata.annotations));
  text.line(0, 'DriverName:', object.driverName);
  text.line(0, 'Parameters:', labelsText(object.parameters));
};
