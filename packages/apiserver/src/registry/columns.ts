import type { TableColumn } from './printer.ts';

export const nameColumn: TableColumn = { name: 'Name', type: 'string', format: 'name' };
export const ageColumn: TableColumn = { name: 'Age', type: 'string' };

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
