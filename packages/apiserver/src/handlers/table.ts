import type { ApiObject } from '@typernetes/machinery';
import type { Printer } from '../registry/printer.ts';
import type { Representation } from '../request/negotiation.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

interface TableOptions {
  readonly now: number;
  readonly version: Representation['version'];
  readonly includeObject: IncludeObject;
  /** Watches send the columns with the first event only. */
  readonly columns: boolean;
}

/** A meta.k8s.io Table of some objects. */
export function tableOf(
  printer: Printer<ApiObject>,
  objects: readonly ApiObject[],
  listMeta: object,
  options: TableOptions,
): object {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: listMeta,
    columnDefinitions: options.columns
      ? printer.columns.map((column) => ({
          name: column.name,
          type: column.type,
          format: column.format ?? '',
          description: column.description ?? '',
          priority: column.priority ?? 0,
        }))
      : null,
    rows: objects.map((object) => ({ ...rowHead(printer, object, options.now), object: rowObject(object, options) })),
  };
}

/** A row without the object that it is about. */
export function rowHead(printer: Printer<ApiObject>, object: ApiObject, now: number): object {
  return { cells: printer.cells(object, now), ...conditionsOf(printer, object) };
}

function conditionsOf(printer: Printer<ApiObject>, object: ApiObject): object {
  const conditions = printer.conditions?.(object);
  return conditions && conditions.length > 0 ? { conditions } : {};
}

function rowObject(object: ApiObject, options: TableOptions): unknown {
  if (options.includeObject === 'None') return null;
  return options.includeObject === 'Object' ? object : partialOf(object, options.version);
}

export function partialOf(object: ApiObject, version: Representation['version']): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}
