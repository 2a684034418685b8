import { messagesOf } from '@typernetes/base';
import type { ApiObject } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { PlainError } from '../io.ts';
import { ListFailures } from '../manifests/list-failures.ts';
import { filterOf, readManifests } from '../manifests/read.ts';
import { objectPrinter } from '../printing/object-printer.ts';
import { outputFormat } from '../printing/output-format.ts';
import type { Printable } from '../printing/printable.ts';
import { refuseBesideFiles, refuseNamesBesideSelector } from '../resources/argument-problems.ts';
import { parseTargets } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import { Failures } from './failures.ts';
import { type GetFlags, getFlags } from './get-flags.ts';
import { sortInOrder } from './get-order.ts';
import { fetchJson, forEachPath, type List, pages, type Wanted } from './get-requests.ts';
import { getTables } from './get-tables.ts';
import { watchOne } from './get-watch.ts';
import { rawRequest } from './raw-request.ts';
import { sortObjects } from './sort-objects.ts';

export const getCommand = defineCommand({
  use: 'get [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]',
  short: 'Display one or many resources',
  flags: getFlags,
  async run({ flags, given, positional }, session, signal) {
    const { output, template } = flags;
    if (flags.raw !== undefined) {
      if (positional.length > 0) throw new Error('arguments may not be passed when --raw is specified');
      if (flags.watch || flags['watch-only'] || flags.selector !== '')
        throw new Error(
          '--raw may not be specified with other flags that filter the server request or alter the output',
        );
      if (output) throw new Error('--raw and --output are mutually exclusive');
      return rawRequest({ method: 'GET', path: flags.raw }, session);
    }
    if (flags['output-watch-events'] && !flags.watch && !flags['watch-only'])
      throw new Error('--output-watch-events option can only be used with --watch or --watch-only');
    const written = given.has('output') ? typedFormat(output ?? '', template) : '';
    if (flags['show-labels'] && written !== '' && output !== 'wide')
      throw new Error(`--show-labels option cannot be used with ${written} printer`);
    if (flags['sort-by'] !== '' && (flags.watch || flags['watch-only'])) {
      const what = flags.watch
        ? '--watch requested, --sort-by will be ignored for watch events received'
        : '--watch-only requested, --sort-by will be ignored';
      session.io.err(`warning: ${what}\n`);
    }
    const printer = printerOf(output, {
      showManagedFields: flags['show-managed-fields'],
      noHeaders: flags['no-headers'],
      strict: !flags['allow-missing-template-keys'],
      columns: true,
    });
    const failures = new Failures();
    const selections = await selectionsOf(positional, { flags, session, failures });
    const missing = failures.report(session, { bare: !printer });
    if (missing !== 0 && (selections.length === 0 || (printer && (await isOneFile(flags, session))))) return missing;
    if (flags.watch || flags['watch-only']) return watch(selections, { flags, session, signal, print: printer });
    const code = await (printer
      ? getObjects(selections, { flags, session, print: printer })
      : getTables(selections, { flags, session }));
    return Math.max(code, missing);
  },
});

/** The format without what `--template` says. */
function typedFormat(output: string, template: string): string {
  const { written } = outputFormat(output);
  const ending = `=${template}`;
  return template !== '' && written.endsWith(ending) ? written.slice(0, -ending.length) : written;
}

/** What is wrong with a format is said when there is something to print, as upstream does. */
function printerOf(...of: Parameters<typeof objectPrinter>): ReturnType<typeof objectPrinter> {
  try {
    return objectPrinter(...of);
  } catch (error) {
    const fail = (): never => {
      throw error;
    };
    return Object.assign(fail, { problem: error });
  }
}

/** Such a one is printed as a whole or not at all, unless as a table. */
async function isOneFile({ filename = [] }: GetFlags, { files }: Session): Promise<boolean> {
  const [path = ''] = filename;
  return filename.length === 1 && path !== '-' && !/^https?:/.test(path) && !(await files.list(path));
}

async function selectionsOf(
  args: readonly string[],
  { flags, session, failures }: { flags: GetFlags; session: Session; failures: Failures },
): Promise<Wanted[]> {
  if (flags.filename) {
    refuseBesideFiles(args, flags.filename);
    const failed = (error: unknown): void => {
      for (const one of error instanceof ListFailures ? error.errors : [error]) failures.add(one);
    };
    const isWanted = await filterOf(flags.selector);
    const files = { filenames: flags.filename, recursive: flags.recursive, failed };
    const objects = await readManifests(files, session);
    return objects.map(({ type, name, namespace, list, object, written }) => ({
      type,
      names: [name],
      namespace,
      ...(flags.selector === '' ? {} : { isWanted }),
      ...(list ? { list } : {}),
      ...(name ? {} : { unnamed: namespace === undefined ? written : object }),
    }));
  }
  if (args.length === 0 && (flags.watch || flags['watch-only'])) {
    const { noResources } = await import('./selected-objects.ts');
    throw new Error(flags.selector === '' ? noResources : 'at least one resource must be specified to use a selector');
  }
  if (args.length === 0) {
    throw new PlainError(
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).\nSee \'kubectl get -h\' for help and examples\n',
    );
  }
  await session.client.transport.connectAhead?.();
  const targets = await parseTargets(args, session.resources);
  if (flags.selector !== '' || flags['field-selector'] !== '') refuseNamesBesideSelector(args, targets);
  if (flags['all-namespaces'] && targets.some(({ type, names }) => names && type.namespaced)) {
    throw new Error('a resource cannot be retrieved by name across all namespaces');
  }
  return targets.map((target) => ({
    ...target,
    namespace: target.type.namespaced && !flags['all-namespaces'] ? session.namespace : undefined,
  }));
}

async function getObjects(
  selections: readonly Wanted[],
  context: { flags: GetFlags; session: Session; print: NonNullable<ReturnType<typeof objectPrinter>> },
): Promise<number> {
  const items: Printable[] = [];
  const failures: string[] = [];
  const fetched = async (path: string, { type, names, unnamed, isWanted = () => true }: Wanted): Promise<void> => {
    if (names) {
      const object = unnamed ?? (await fetchJson<ApiObject>(path, context.session));
      if (isWanted(object)) items.push({ type, object });
    } else {
      for await (const page of pages<List>(path, context.session)) {
        for (const item of page.items ?? [])
          items.push({ type, object: { apiVersion: page.apiVersion, kind: type.kind, ...item } });
      }
    }
  };
  const code = await forEachPath(selections, context, fetched, (text) => void failures.push(text));
  const single = selections.length === 1 && selections[0]?.names?.length === 1;
  const isNothing = items.length === 0 && (single || (code === 0 && context.flags['ignore-not-found']));
  // Of several objects a format that is none is all that is told.
  if (!isNothing && !single && 'problem' in context.print) throw context.print.problem;
  for (const text of failures) context.session.io.err(text);
  if (isNothing || (code !== 0 && (await isOneFile(context.flags, context.session)))) return code;
  try {
    context.session.io.out(context.print(single ? items : sortedItems(items, context), !single));
  } catch (error) {
    // One of several failures is told without the word.
    if (failures.length === 0) throw error;
    if (error instanceof PlainError) context.session.io.out(error.output);
    const text = error instanceof PlainError ? error.message : `${messagesOf(error)}\n`;
    context.session.io.err(text.replace(/^error: /, ''));
    return 1;
  }
  return code;
}

function sortedItems(items: readonly Printable[], of: { flags: GetFlags; session: Session }): readonly Printable[] {
  const how = { ...of, sort: sortObjects<Printable>, of: ['*unstructured.Unstructured', 'sorter.go:329'] } as const;
  return sortInOrder(items, how, ({ object }) => object);
}

async function watch(
  selections: readonly Wanted[],
  of: { flags: GetFlags; session: Session; signal: AbortSignal; print: ReturnType<typeof objectPrinter> },
): Promise<number> {
  const { flags, session, signal, print } = of;
  const [wanted] = selections;
  if (new Set(selections.map(({ type }) => type)).size > 1)
    throw new Error('you may only specify a single resource type');
  if (!wanted || selections.length > 1 || (wanted.names?.length ?? 0) > 1) {
    // What there is now can be shown all the same.
    if (!flags['watch-only'])
      await (print ? getObjects(selections, { flags, session, print }) : getTables(selections, { flags, session }));
    throw new Error('you may only watch a single resource or type of resource at a time');
  }
  return watchOne(wanted, { flags, session, signal, print });
}
