import type { ResourceQuota } from '@typernetes/api/core/v1';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const resourceQuotaPrinter: Printer<ResourceQuota> = {
  columns: [nameColumn, text('Request'), text('Limit'), ageColumn],
  cells(quota, now) {
    const isLimit = (name: string): boolean => name.split('.', 1)[0] === 'limits';
    return [
      quota.metadata.name,
      usage(quota, (name) => !isLimit(name)),
      usage(quota, isLimit),
      age(quota.metadata.creationTimestamp, now),
    ];
  },
};

function usage({ status }: ResourceQuota, shown: (name: string) => boolean): string {
  return Object.entries(status?.hard ?? {})
    .filter(([name]) => shown(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => `${name}: ${status?.used?.[name] ?? '0'}/${hard}`)
    .join(', ');
}
