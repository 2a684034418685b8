import type { ConfigMap, Secret } from '@typernetes/api/core/v1';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

const size = (map: object | undefined): number => Object.keys(map ?? {}).length;

export const configMapPrinter: Printer<ConfigMap> = {
  columns: [nameColumn, text('Data'), ageColumn],
  cells: ({ metadata, data, binaryData }, now) => [
    metadata.name,
    size(data) + size(binaryData),
    age(metadata.creationTimestamp, now),
  ],
};

export const secretPrinter: Printer<Secret> = {
  columns: [nameColumn, text('Type'), text('Data'), ageColumn],
  cells: ({ metadata, type, data }, now) => [
    metadata.name,
    type ?? '',
    size(data),
    age(metadata.creationTimestamp, now),
  ],
};
