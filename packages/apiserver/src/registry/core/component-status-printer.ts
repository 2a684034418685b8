import type { ComponentStatus } from '@typernetes/api/core/v1';
import { nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const componentStatusPrinter: Printer<ComponentStatus> = {
  columns: [nameColumn, text('Status'), text('Message'), text('Error')],
  cells({ metadata, conditions }) {
    const health = conditions?.find((condition) => condition.type === 'Healthy');
    const word = health === undefined ? 'Unknown' : health.status === 'True' ? 'Healthy' : 'Unhealthy';
    return [metadata.name, word, health?.message ?? '', health?.error ?? ''];
  },
};
