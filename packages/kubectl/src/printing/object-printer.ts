import type { ApiObject } from '@typernetes/machinery';
import { compileJsonPath } from '@typernetes/machinery';
import { encodeYaml } from '@typernetes/process';
import { printedName } from '../resources/arguments.ts';
import type { AnyResource } from '../resources/finder.ts';
import { Columns } from './columns.ts';
import { encodeJson } from './json.ts';

/** Something to print, with the resource it belongs to. */
export interface Printable {
  readonly type: AnyResource;
  readonly object: ApiObject;
}

/** Turns objects into text; `many` says whether they are shown as a list. */
export type ObjectPrinter = (items: readonly Printable[], many: boolean) => string;

const formats =
  'custom-columns, custom-columns-file, go-template, go-template-file, json, jsonpath, jsonpath-as-json, jsonpath-file, name, template, templatefile, wide, yaml';

/** The printer for `-o`; undefined for the table and `wide`, which the server prints. */
export function objectPrinter(
  format: string | undefined,
  options: { showManagedFields?: boolean; noHeaders?: boolean } = {},
): ObjectPrinter | undefined {
  if (format === undefined || format === '' || format === 'wide') return undefined;
  const equals = format.indexOf('=');
  const [kind, argument] = equals < 0 ? [format, ''] : [format.slice(0, equals), format.slice(equals + 1)];
  const shown = (object: ApiObject): ApiObject => (options.showManagedFields ? object : withoutManagedFields(object));
  const whole = (items: readonly Printable[], many: boolean): unknown =>
    many
      ? {
          apiVersion: 'v1',
          items: items.map(({ object }) => shown(object)),
          kind: 'List',
          metadata: { resourceVersion: '' },
        }
      : shown((items[0] as Printable).object);
  switch (kind) {
    case 'json':
      return (items, many) => encodeJson(whole(items, many));
    case 'yaml':
      return (items, many) => encodeYaml(whole(items, many));
    case 'name':
      return (items) => items.map(({ type, object }) => `${printedName(type, object.metadata.name)}\n`).join('');
    case 'jsonpath': {
      if (argument === '') throw new Error('template format specified but no template given');
      const path = compileJsonPath(argument);
      return (items, many) => path.evaluate(whole(items, many));
    }
    case 'custom-columns':
      return customColumns(argument, options.noHeaders ?? false);
    default:
      throw new Error(
        `unable to match a printer suitable for the output format "${kind}", allowed formats are: ${formats.replaceAll(', ', ',')}`,
      );
  }
}

function withoutManagedFields(object: ApiObject): ApiObject {
  const { managedFields: _hidden, ...metadata } = object.metadata ?? {};
  return { ...object, metadata: metadata as ApiObject['metadata'] };
}

/** `NAME:.metadata.name,IMAGE:.spec.containers[*].image` */
function customColumns(spec: string, noHeaders: boolean): ObjectPrinter {
  if (spec === '') throw new Error('custom-columns format specified but no custom columns given');
  const columns = spec.split(',').map((part) => {
    const colon = part.indexOf(':');
    if (colon < 0) throw new Error(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, colon), path: compileJsonPath(part.slice(colon + 1)) };
  });
  return (items) => {
    const rows = items.map(({ object }) =>
      columns.map(({ path }) => path.evaluate(object).replaceAll(' ', ',') || '<none>'),
    );
    return new Columns().format(noHeaders ? rows : [columns.map(({ header }) => header), ...rows]);
  };
}
