import type { PriorityClass } from '@typernetes/api/scheduling/v1';
import { labelsText } from '../printing/table.ts';
import type { Describer } from './describer.ts';

export const describePriorityClass: Describer<PriorityClass> = async (priorityClass, text) => {
  text.line(0, 'Name:', priorityClass.metadata.name);
  text.line(0, 'Value:', String(priorityClass.value));
  text.line(0, 'GlobalDefault:', String(priorityClass.globalDefault ?? false));
  text.line(0, 'PreemptionPolicy:', priorityClass.preemptionPolicy ?? '');
  text.line(0, 'Description:', priorityClass.description ?? '');
  text.line(0, 'Annotations:', labelsText(priorityClass.metadata.annotations));
};
