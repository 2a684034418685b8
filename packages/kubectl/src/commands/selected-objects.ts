import { namespaces } from '@typernetes/api/core/v1';
import { type ApiObject, collectionPath, isNotFound } from '@typernetes/machinery';
import { ListFailures } from '../manifests/list-failures.ts';
import { filenameFlags, filterOf, readManifests, refOf } from '../manifests/read.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { refuseBesideFiles, refuseNamesBesideSelector } from '../resources/argument-problems.ts';
import { parseTargets } from '../resources/arguments.ts';
import { listError } from '../resources/list-error.ts';
import type { Session } from '../session.ts';

export const localFlag = {
  local: { type: 'boolean', help: 'If true, will NOT contact api-server but run locally.', default: false },
} as const;

export const selectorFlag = {
  selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
} as const;

export const selectionFlags = {
  ...filenameFlags,
  ...selectorFlag,
  all: {
    type: 'boolean',
    help: 'Select all resources, in the namespace of the specified resource types',
    default: false,
  },
} as const;

/** `--field-selector` and `-A`, of commands that take them. */
export const wideSelectionFlags = {
  'all-namespaces': {
    type: 'boolean',
    short: 'A',
    help: 'Objects of all namespaces instead of one.',
    default: false,
  },
  'field-selector': { type: 'string', help: 'Only objects whose fields are like this.', default: '' },
} as const;

/** An object that a command was pointed at. */
export interface SelectedObject {
  readonly type: AnyResource;
  readonly object: ApiObject;
  /** Undefined for what is cluster-scoped. */
  readonly namespace: string | undefined;
  /** The file that named it, or nothing. */
  readonly source: string;
}

export interface SelectionOptions {
  readonly args: readonly string[];
  readonly flags: {
    readonly filename: readonly string[] | undefined;
    readonly recursive: boolean;
    readonly selector?: string;
    readonly all?: boolean;
    readonly 'all-namespaces'?: boolean;
    readonly 'field-selector'?: string;
    /** Objects are read, as they will be written, by this part of them. */
    readonly subresource?: string;
  };
  /** Take objects as the files have them, and ask no server. */
  readonly local?: boolean;
  /** Told of objects that cannot be had, and the others go on; without it the first of them is thrown. */
  readonly failed?: (error: unknown) => void;
  /** Take objects as the files have them; the server is asked for their kinds alone. */
  readonly believed?: boolean;
  /** Failures with the items of a list are told one by one. */
  readonly apart?: boolean;
  /** A type alone means all of its objects. */
  readonly allOfType?: boolean;
  /** What is said to `--local` without files. */
  readonly onlyFiles?: string;
}

const onlyFilesWhenLocal = 'can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set';

/** What is said when nothing was. */
export const noResources = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

/** The objects of `-f`, of `TYPE NAME...`, of `TYPE/NAME...`, of `TYPE -l SELECTOR` or `TYPE --all`, as the server has them now. */
export async function selectObjects(options: SelectionOptions, session: Session): Promise<SelectedObject[]> {
  const { args, flags, local = false, failed } = options;
  const { subresource = '' } = flags;
  const each = <A, B>(of: readonly A[], get: (one: A) => Promise<B>): Promise<B[]> => gathered(of.map(get), failed);
  if (flags.filename) {
    refuseBesideFiles(args, flags.filename);
    const files = { filenames: flags.filename, recursive: flags.recursive, local };
    // By what the server has; of files alone all are taken.
    const isWanted = await filterOf(local ? '' : (flags.selector ?? ''));
    const report = (error: unknown): void => {
      for (const one of error instanceof ListFailures ? error.errors : [error]) failed?.(one);
    };
    const manifests = await readManifests({ ...files, ...(failed ? { failed: report } : {}) }, session);
    const outcomes = await Promise.allSettled(
      manifests.map(async (manifest) => {
        const { type, source, namespace } = manifest;
        if (!local && !options.believed)
          return { type, object: await read({ type, ref: refOf(manifest), subresource }, session), namespace, source };
        const { object, written } = manifest;
        const own = options.apart ? (local ? written : object) : withMetadata(written);
        return { type, object: typed(own, type), namespace, source };
      }),
    );
    return ofFiles(outcomes, options.apart ? [] : manifests, failed).filter(({ object }) => isWanted(object));
  }
  if (local && args.length > 0) throw new Error(options.onlyFiles ?? onlyFilesWhenLocal);
  if (args.length === 0) throw new Error(noResources);
  const found: SelectedObject[] = [];
  const targets = await parseTargets(args, session.resources);
  if (flags.selector || flags['field-selector']) refuseNamesBesideSelector(args, targets);
  for (const { type, names } of targets) {
    const everywhere = flags['all-namespaces'] === true;
    const namespace = type.namespaced && !everywhere ? session.namespace : undefined;
    if (names && everywhere && type.namespaced)
      throw new Error('a resource cannot be retrieved by name across all namespaces');
    const client = session.client.resource(type);
    const fieldSelector = flags['field-selector'] ?? '';
    const selective = (flags.selector ?? '') !== '' || flags.all === true || fieldSelector !== '';
    if (!names && !selective && !options.allOfType)
      throw new Error('resource(s) were provided, but no name was specified');
    const objects = names
      ? await each(names, (name) => read({ type, ref: refOf({ name, namespace }), subresource }, session))
      : (
          await client
            .list({
              ...(namespace ? { namespace } : {}),
              ...(flags.selector ? { labelSelector: flags.selector } : {}),
              ...(fieldSelector ? { fieldSelector } : {}),
            })
            .catch((error: unknown) => {
              throw listError(error, { type, labelSelector: flags.selector ?? '', fieldSelector });
            })
        ).items.map((object) => typed(object, type));
    const own = ({ metadata }: ApiObject): string | undefined => (type.namespaced ? metadata.namespace : undefined);
    found.push(...objects.map((object) => ({ type, object, namespace: own(object), source: '' })));
  }
  return found;
}

/** Each in its turn; one that is named again is as it has become by then. */
export async function* inTurn(
  selected: readonly SelectedObject[],
  session: Session,
): AsyncGenerator<SelectedObject, void> {
  const seen = new Set<string>();
  for (const one of selected) {
    const { type, namespace, object, source } = one;
    const key = JSON.stringify([type.group, type.plural, namespace, object.metadata?.name, source]);
    const isAgain = seen.has(key) && source === '';
    seen.add(key);
    yield isAgain ? { ...one, object: await read({ type, ref: refOfSelected(one), subresource: '' }, session) } : one;
  }
}

/** What became of the objects of files; what is wrong with items of one list is told as one failure, when all of them have been tried. */
function ofFiles<T>(
  outcomes: readonly PromiseSettledResult<T>[],
  manifests: readonly { readonly list?: object }[],
  failed = (error: unknown): void => {
    throw error;
  },
): T[] {
  const found: T[] = [];
  const wrong = new Map<object | undefined, unknown[]>();
  for (const [i, outcome] of outcomes.entries()) {
    const list = manifests[i]?.list;
    const isLast = list === undefined || manifests[i + 1]?.list !== list;
    const errors = wrong.get(list) ?? [];
    if (outcome.status === 'fulfilled') found.push(outcome.value);
    else if (list === undefined) failed(outcome.reason);
    else wrong.set(list, [...errors, outcome.reason]);
    const ofList = list && isLast ? wrong.get(list) : undefined;
    if (ofList) failed(new ListFailures(ofList));
  }
  return found;
}

/** What became of the promises, in their order. */
async function gathered<T>(promises: readonly Promise<T>[], failed?: (error: unknown) => void): Promise<T[]> {
  if (!failed) return Promise.all(promises);
  const found: T[] = [];
  for (const outcome of await Promise.allSettled(promises)) {
    if (outcome.status === 'fulfilled') found.push(outcome.value);
    else failed(outcome.reason);
  }
  return found;
}

/** An object by its name; what is missing from a namespace that is missing, too, is told of that. */
export async function readObject(
  { type, ref }: { type: AnyResource; ref: ReturnType<typeof refOf> },
  { client }: Pick<Session, 'client'>,
): Promise<ApiObject> {
  try {
    return await client.resource(type).get(ref);
  } catch (error) {
    const { namespace = 'default' } = ref;
    if (!isNotFound(error) || namespace === 'default') throw error;
    const missing = await client
      .resource(namespaces)
      .get({ name: namespace })
      .then(
        () => undefined,
        (why: unknown) => (isNotFound(why) ? why : undefined),
      );
    throw missing ?? error;
  }
}

async function read(
  of: { type: AnyResource; ref: ReturnType<typeof refOf>; subresource: string },
  session: Session,
): Promise<ApiObject> {
  const { client } = session;
  const { type, ref, subresource } = of;
  if (subresource === '') return typed(await readObject({ type, ref }, session), type);
  // It may be of another kind.
  return client.json<ApiObject>('GET', subresourcePath(of));
}

/** Where a part of an object is read and written. */
export function subresourcePath(of: {
  readonly type: AnyResource;
  readonly ref: { readonly name: string; readonly namespace?: string };
  readonly subresource: string;
}): string {
  const { type, ref, subresource } = of;
  return `${collectionPath(type, ref.namespace)}/${encodeURIComponent(ref.name)}/${subresource}`;
}

/** A file may have none, which not even what is done without a server gets by with. */
const withMetadata = (object: ApiObject): ApiObject =>
  object.metadata ? object : { ...object, metadata: {} as never };

function typed(object: ApiObject, type: AnyResource): ApiObject {
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  return { ...object, apiVersion, kind: type.kind };
}

/** The ref of a selected object. */
export function refOfSelected({ object, namespace }: SelectedObject): { name: string; namespace?: string } {
  return refOf({ name: object.metadata.name, namespace });
}
