import { descriptions } from '../openapi/descriptions.ts';
import type { TableColumn } from './printer.ts';

/** What columns show that all tables have: the same words as in the documents of the API. */
const { name: ofName = '', creationTimestamp: ofAge = '' } = descriptions['meta/v1.ObjectMeta'] ?? {};

export const nameColumn: TableColumn = { name: 'Name', type: 'string', format: 'name', description: ofName };
export const ageColumn: TableColumn = { name: 'Age', type: 'string', description: ofAge };

export function text(name: string): TableColumn {
  return { name, type: 'string' };
}

export function integer(name: string): TableColumn {
  return { name, type: 'integer' };
}

export function flag(name: string): TableColumn {
  return { name, type: 'boolean' };
}

/** Shown by `kubectl get -o wide` only. */
export function wide(name: string): TableColumn {
  return { name, type: 'string', priority: 1 };
}
