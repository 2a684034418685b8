import type { ApiObject } from '@typernetes/machinery';
import { compileJsonPath, goValue, printedJsonPath, relaxedJsonPath } from '@typernetes/machinery';
import { printedObject } from '../resources/arguments.ts';
import { Columns } from './columns.ts';
import { encodeJson } from './json.ts';
import { outputFormat } from './output-format.ts';
import type { Printable } from './printable.ts';
import { goTemplatePrinter } from './template-printer.ts';
import { encodeKyaml, encodeYaml } from './yaml.ts';

/** Turns objects into text; `many` says whether they are shown as a list. */
export type ObjectPrinter = (items: readonly Printable[], many: boolean) => string;

const formats =
  'go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile';

export interface PrinterOptions {
  readonly showManagedFields?: boolean;
  readonly noHeaders?: boolean;
  /** Whether templates and paths refuse what an object lacks. */
  readonly strict?: boolean;
  /** Whether there are columns too: that is for those who show objects, not for those who say what they did. */
  readonly columns?: boolean;
}

/** The printer for `-o`; undefined for the table and `wide`, which the server prints. Files have been read before. */
export function objectPrinter(format: string | undefined, options: PrinterOptions = {}): ObjectPrinter | undefined {
  if (format === undefined || format === '' || (format === 'wide' && options.columns)) return undefined;
  const { kind, argument, written, problem } = outputFormat(format);
  if (problem) throw new Error(problem);
  const shown = (object: ApiObject): ApiObject => (options.showManagedFields ? object : withoutManagedFields(object));
  const whole = (items: readonly Printable[], many: boolean, show = shown): unknown =>
    many
      ? {
          apiVersion: 'v1',
          items: items.map(({ object }) => show(object)),
          kind: 'List',
          metadata: { resourceVersion: '' },
        }
      : show((items[0] as Printable).object);
  const asIs = (items: readonly Printable[], many: boolean): unknown => whole(items, many, (object) => object);
  const needsTemplate = (): void => {
    if (argument === '') throw new Error('template format specified but no template given');
  };
  switch (problem === undefined ? kind : '') {
    case 'json':
      return (items, many) => encodeJson(whole(items, many), { asIs: items[0]?.typed === true });
    case 'yaml':
      return (items, many) => encodeYaml(whole(items, many));
    case 'kyaml':
      return (items, many) => encodeKyaml(whole(items, many), items[0]?.typed ? 'given' : 'sorted');
    case 'name':
      return (items) => items.map(({ type, object }) => `${printedObject(type, object)}\n`).join('');
    case 'jsonpath': {
      needsTemplate();
      const print = printedJsonPath(argument, (path, object) =>
        path.evaluate(object, { allowMissing: !options.strict }),
      );
      return (items, many) => print(asIs(items, many));
    }
    case 'jsonpath-as-json': {
      needsTemplate();
      const print = printedJsonPath(argument, (path, object) => path.parts(object, { allowMissing: !options.strict }));
      return (items, many) =>
        print(asIs(items, many))
          .map((values) => encodeJson(values))
          .join('');
    }
    case 'go-template':
      needsTemplate();
      return goTemplatePrinter(argument, { strict: options.strict ?? false, data: asIs });
    case 'custom-columns':
    case 'custom-columns-file':
      if (!options.columns) break;
      return customColumns(argument, options.noHeaders ?? false);
    // A file that is named has been read before.
    case 'go-template-file':
    case 'jsonpath-file':
    case 'templatefile':
      needsTemplate();
  }
  const allowed = options.columns ? `custom-columns,custom-columns-file,${formats},wide,yaml` : `${formats},yaml`;
  throw new Error(
    `unable to match a printer suitable for the output format ${JSON.stringify(written)}, allowed formats are: ${allowed}`,
  );
}

export function withoutManagedFields(object: ApiObject): ApiObject {
  const { items } = object as { items?: readonly ApiObject[] };
  // An event of a watch has none, and the object in it keeps its own.
  if (object.metadata === undefined) return object;
  const { managedFields: _hidden, ...metadata } = object.metadata ?? {};
  const shown = { ...object, metadata: metadata as ApiObject['metadata'] };
  return object.kind?.endsWith('List') && Array.isArray(items)
    ? ({ ...shown, items: items.map(withoutManagedFields) } as ApiObject)
    : shown;
}

/** `NAME:.metadata.name,IMAGE:.spec.containers[*].image` */
function customColumns(spec: string, noHeaders: boolean): ObjectPrinter {
  if (spec === '') throw new Error('custom-columns format specified but no custom columns given');
  const parts = spec.split(',');
  const headless = parts.find((part) => !part.includes(':'));
  if (headless !== undefined)
    throw new Error(`unexpected custom-columns spec: ${headless}, expected <header>:<json-path-expr>`);
  const columns = parts.map((part) => {
    const colon = part.indexOf(':');
    const path = part.slice(colon + 1);
    // A column of nothing.
    return { header: part.slice(0, colon), path: path === '' ? undefined : compileJsonPath(relaxedJsonPath(path)) };
  });
  // A watch prints one object after the other below the same headers.
  const table = new Columns();
  let headed = noHeaders;
  return (items) => {
    const rows = items.map(({ object }) =>
      columns.map(({ path }) => {
        const parts = path?.parts(object) ?? [];
        const texts = parts.flat().map(goValue);
        return (parts[0]?.length ? texts : ['<none>', ...texts]).join(',');
      }),
    );
    const all = headed ? rows : [columns.map(({ header }) => header), ...rows];
    headed = true;
    return table.format(all);
  };
}
