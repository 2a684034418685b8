import { descriptions } from '../openapi/descriptions.ts';
import { columnDescriptions } from './column-descriptions.ts';
import type { TableColumn } from './printer.ts';

/** The columns of all tables, with the descriptions of the API's documents. */
const { name: ofName = '', creationTimestamp: ofAge = '' } = descriptions['meta/v1.ObjectMeta'] ?? {};

export const nameColumn: TableColumn = { name: 'Name', type: 'string', format: 'name', description: ofName };
export const ageColumn: TableColumn = { name: 'Age', type: 'string', description: ofAge };

function described(name: string): Pick<TableColumn, 'description'> {
  const description = columnDescriptions[name];
  return description === undefined ? {} : { description };
}

export function text(name: string): TableColumn {
  return { name, type: 'string', ...described(name) };
}

export function integer(name: string): TableColumn {
  return { name, type: 'integer', ...described(name) };
}

export function flag(name: string): TableColumn {
  return { name, type: 'boolean', ...described(name) };
}

/** Shown by `kubectl get -o wide` only. */
export function wide(name: string): TableColumn {
  return { name, type: 'string', priority: 1, ...described(name) };
}
