import { refOf } from '../manifests/read.ts';
import { parseTargets, printedName } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import { mapPatch, splitChanges } from './key-value-changes.ts';

/** `label` and `annotate`: they differ in the map that they change and in what they say. */
export async function editMetadata(
  args: readonly string[],
  of: {
    readonly map: 'labels' | 'annotations';
    readonly done: (change: { added: boolean; unchanged: boolean }) => string;
    readonly flags: { all: boolean; overwrite: boolean; selector: string; list: boolean };
    readonly session: Session;
  },
): Promise<number> {
  const { map, flags, session } = of;
  const { targets, changes } = splitChanges(args);
  if (targets.length === 0)
    throw new Error('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  if (Object.keys(changes.set).length === 0 && changes.remove.length === 0 && !flags.list) {
    throw new Error(`at least one ${map === 'labels' ? 'label' : 'annotation'} update is required`);
  }
  for (const { type, names } of await parseTargets(targets, session.resources)) {
    const namespace = type.namespaced ? session.namespace : undefined;
    const client = session.client.resource(type);
    if (!names && !flags.all && flags.selector === '')
      throw new Error('resource(s) were provided, but no name was specified');
    const objects = names
      ? await Promise.all(names.map((name) => client.get(refOf({ name, namespace }))))
      : (
          await client.list({
            ...(namespace ? { namespace } : {}),
            ...(flags.selector ? { labelSelector: flags.selector } : {}),
          })
        ).items;
    for (const object of objects) {
      const current = object.metadata[map] ?? {};
      if (flags.list) {
        for (const [key, value] of Object.entries(current)) session.io.out(`${key}=${value}\n`);
        continue;
      }
      const patch = mapPatch(current, changes, { overwrite: flags.overwrite, what: map });
      if (patch) {
        await client.patch(
          refOf(object.metadata),
          { metadata: { [map]: patch } },
          { type: 'merge', fieldManager: `kubectl-${map === 'labels' ? 'label' : 'annotate'}` },
        );
      }
      const done = of.done({ added: Object.keys(changes.set).length > 0, unchanged: !patch });
      session.io.out(`${printedName(type, object.metadata.name)} ${done}\n`);
    }
  }
  return 0;
}

export const editFlags = {
  all: {
    type: 'boolean',
    help: 'Select all resources, in the namespace of the specified resource types',
    default: false,
  },
  list: { type: 'boolean', help: 'If true, display the current ones.', default: false },
  overwrite: { type: 'boolean', help: 'If true, allow values to be overwritten.', default: false },
  selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
} as const;
