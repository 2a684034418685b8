import type { ApiObject } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { type DescribeDeps, describers } from '../describe/describer.ts';
import { Description } from '../describe/description.ts';
import { describeEvents } from '../describe/events.ts';
import { errorText } from '../error-text.ts';
import { filenameFlags, readManifests, refOf } from '../manifests/read.ts';
import { parseTargets } from '../resources/arguments.ts';
import type { AnyResource } from '../resources/finder.ts';
import type { Session } from '../session.ts';

/** Kinds that nobody writes events about. */
const withoutEvents = new Set(['Secret', 'Namespace']);

export const describeCommand = defineCommand({
  use: 'describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
  short: 'Show details of a specific resource or group of resources',
  flags: {
    ...filenameFlags,
    'all-namespaces': { type: 'boolean', short: 'A', help: 'Across all namespaces.', default: false },
    selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
    'show-events': { type: 'boolean', help: 'If true, display events related to the described object.', default: true },
  } as const,
  async run({ flags, positional }, session) {
    if (positional.length === 0 && !flags.filename) {
      throw new Error(
        'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.\n',
      );
    }
    const targets = flags.filename
      ? (await readManifests({ filenames: flags.filename, recursive: flags.recursive }, session)).map((m) => ({
          type: m.type,
          names: [m.name],
          namespace: m.namespace,
        }))
      : (await parseTargets(positional, session.resources)).map((target) => ({
          ...target,
          namespace: target.type.namespaced ? session.namespace : undefined,
        }));
    let shown = 0;
    let code = 0;
    for (const { type, names, namespace } of targets) {
      const within = flags['all-namespaces'] ? undefined : namespace;
      let objects: readonly ApiObject[] = [];
      try {
        objects = names
          ? await named(type, { names, namespace, session })
          : (
              await session.client.resource(type).list({
                ...(within ? { namespace: within } : {}),
                ...(flags.selector ? { labelSelector: flags.selector } : {}),
              })
            ).items;
      } catch (error) {
        session.io.err(errorText(error, session.server));
        code = 1;
      }
      for (const object of objects) {
        if (shown++ > 0) session.io.out('\n\n');
        session.io.out(
          await describeObject({ ...object, kind: type.kind }, { deps: session, events: flags['show-events'] }),
        );
      }
    }
    if (shown === 0 && code === 0)
      session.io.err(`No resources found${session.namespace ? ` in ${session.namespace} namespace.` : ''}\n`);
    return code;
  },
});

/** By exact name, else everything whose name begins so. */
async function named(
  type: AnyResource,
  { names, namespace, session }: { names: readonly string[]; namespace: string | undefined; session: Session },
): Promise<ApiObject[]> {
  const client = session.client.resource(type);
  const found: ApiObject[] = [];
  for (const name of names) {
    try {
      found.push(await client.get(refOf({ name, namespace })));
    } catch (error) {
      const { items } = await client.list(namespace ? { namespace } : {});
      const matches = items.filter((item) => item.metadata.name.startsWith(name));
      if (matches.length === 0) throw error;
      found.push(...matches);
    }
  }
  return found;
}

async function describeObject(
  object: ApiObject,
  { deps, events }: { deps: DescribeDeps; events: boolean },
): Promise<string> {
  const load = describers[object.kind ?? ''];
  const describer = load ? await load() : (await import('../describe/generic.ts')).describeGeneric;
  const text = new Description();
  await describer(object, text, deps);
  if (events && !withoutEvents.has(object.kind ?? '')) await describeEvents(object, text, deps);
  return text.toString();
}
