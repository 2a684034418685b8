import type { APIService } from '@typernetes/api/apiregistration/v1';
import { findCondition } from '@typernetes/machinery';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const apiServicePrinter: Printer<APIService> = {
  columns: [nameColumn, text('Service'), text('Available'), ageColumn],
  cells: (apiService, now) => [
    apiService.metadata.name,
    apiService.spec?.service ? `${apiService.spec.service.namespace}/${apiService.spec.service.name}` : 'Local',
    availability(apiService),
    age(apiService.metadata.creationTimestamp, now),
  ],
};

function availability({ status }: APIService): string {
  const available = findCondition(status?.conditions, 'Available');
  if (!available) return 'Unknown';
  if (available.status === 'True') return 'True';
  return available.reason ? `${available.status} (${available.reason})` : available.status;
}
