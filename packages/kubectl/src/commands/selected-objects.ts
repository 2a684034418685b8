import type { ApiObject } from '@typernetes/machinery';
import { filenameFlags, readManifests, refOf } from '../manifests/read.ts';
import { parseTargets } from '../resources/arguments.ts';
import type { AnyResource } from '../resources/finder.ts';
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
  };
  /** Take objects as the files have them, and ask no server. */
  readonly local?: boolean;
}

const noResources = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

/** The objects of `-f`, of `TYPE NAME...`, of `TYPE/NAME...`, of `TYPE -l SELECTOR` or `TYPE --all`, as the server has them now. */
export async function selectObjects(options: SelectionOptions, session: Session): Promise<SelectedObject[]> {
  const { args, flags, local = false } = options;
  if (flags.filename) {
    const manifests = await readManifests({ filenames: flags.filename, recursive: flags.recursive }, session);
    return Promise.all(
      manifests.map(async (manifest) => {
        const { type, source, namespace } = manifest;
        const object = local ? manifest.written : await session.client.resource(type).get(refOf(manifest));
        return { type, object: typed(object, type), namespace, source };
      }),
    );
  }
  if (local && args.length > 0) {
    throw new Error('resource(s) were provided, but --local was specified: only files are read then');
  }
  if (args.length === 0) throw new Error(noResources);
  const found: SelectedObject[] = [];
  for (const { type, names } of await parseTargets(args, session.resources)) {
    const namespace = type.namespaced ? session.namespace : undefined;
    const client = session.client.resource(type);
    const selective = (flags.selector ?? '') !== '' || flags.all === true;
    if (!names && !selective) throw new Error('resource(s) were provided, but no name was specified');
    const objects = names
      ? await Promise.all(names.map((name) => client.get(refOf({ name, namespace }))))
      : (
          await client.list({
            ...(namespace ? { namespace } : {}),
            ...(flags.selector ? { labelSelector: flags.selector } : {}),
          })
        ).items;
    found.push(...objects.map((object) => ({ type, object: typed(object, type), namespace, source: '' })));
  }
  return found;
}

function typed(object: ApiObject, type: AnyResource): ApiObject {
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  return { ...object, apiVersion, kind: type.kind };
}

/** The ref of a selected object. */
export function refOfSelected({ object, namespace }: SelectedObject): { name: string; namespace?: string } {
  return refOf({ name: object.metadata.name, namespace });
}
