import type { ApiObject } from '@typernetes/machinery';
import { isNotFound } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { errorText } from '../error-text.ts';
import { filenameFlags, readManifests, refOf } from '../manifests/read.ts';
import { parseTargets } from '../resources/arguments.ts';
import type { AnyResource } from '../resources/finder.ts';
import type { Session } from '../session.ts';
import { type Doomed, untilGone } from './deletion.ts';

const flagSpecs = {
  ...filenameFlags,
  all: {
    type: 'boolean',
    help: 'Delete all resources, in the namespace of the specified resource types.',
    default: false,
  },
  'all-namespaces': { type: 'boolean', short: 'A', help: 'Across all namespaces.', default: false },
  cascade: {
    type: 'string',
    help: 'Must be "background", "orphan", or "foreground".',
    default: 'background',
    valueWhenBare: 'background',
  },
  'field-selector': { type: 'string', help: 'Selector (field query) to filter on.', default: '' },
  force: {
    type: 'boolean',
    help: 'If true, immediately remove resources from API and bypass graceful deletion.',
    default: false,
  },
  'grace-period': {
    type: 'number',
    help: 'Period of time in seconds given to the resource to terminate gracefully.',
    default: -1,
  },
  'ignore-not-found': { type: 'boolean', help: 'Treat "resource not found" as a successful delete.', default: false },
  now: { type: 'boolean', help: 'Same as --grace-period=1.', default: false },
  output: { type: 'string', short: 'o', help: 'Output mode: name.' },
  selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
  timeout: { type: 'duration', help: 'The length of time to wait before giving up on a delete.', default: 0 },
  wait: { type: 'boolean', help: 'If true, wait for resources to be gone before returning.', default: true },
} as const;

type Flags = ParsedFlags<typeof flagSpecs>;

interface Target {
  readonly type: AnyResource;
  readonly ref: { readonly name: string; readonly namespace?: string };
}

export const deleteCommand = defineCommand({
  use: 'delete ([-f FILENAME] | TYPE [(NAME | -l label | --all)])',
  short: 'Delete resources by file names, stdin, resources and names, or by resources and label selector',
  flags: flagSpecs,
  async run({ flags, positional }, session, signal) {
    if (flags.force && flags['grace-period'] > 0) {
      throw new Error('--force and --grace-period greater than 0 cannot be specified together');
    }
    if (flags.force) {
      session.io.err(
        'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n',
      );
    }
    const targets = await targetsOf(positional, flags, session);
    if (targets.length === 0) {
      session.io.out('No resources found\n');
      return 0;
    }
    const doomed: Doomed[] = [];
    let code = 0;
    for (const target of targets) {
      try {
        doomed.push(await deleteOne(target, { flags, session, signal }));
      } catch (error) {
        if (isNotFound(error) && (flags['ignore-not-found'] || flags.selector !== '' || flags.all)) continue;
        session.io.err(errorText(error, session.server));
        code = 1;
      }
    }
    if (!flags.wait) return code;
    const timeoutMs = flags.timeout > 0 ? flags.timeout : undefined;
    for (const gone of doomed) await untilGone(gone, { session, signal, timeoutMs });
    return code;
  },
});

async function deleteOne(
  { type, ref }: Target,
  { flags, session, signal }: { flags: Flags; session: Session; signal: AbortSignal },
): Promise<Doomed> {
  const propagationPolicy =
    ({ orphan: 'Orphan', foreground: 'Foreground' } as const)[flags.cascade as 'orphan'] ?? 'Background';
  const grace = flags.force ? 0 : flags.now ? 1 : flags['grace-period'];
  const answer = await session.client.resource(type).delete(ref, {
    propagationPolicy,
    ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
    signal,
  });
  const uid = 'details' in answer ? answer.details?.uid : (answer as ApiObject).metadata?.uid;
  const kind = `${type.singular}${type.group ? `.${type.group}` : ''}`;
  const where = type.namespaced ? ` from ${ref.namespace} namespace` : '';
  const verb = flags.force ? 'force deleted' : 'deleted';
  session.io.out(
    flags.output === 'name' ? `${kind}/${ref.name}\n` : `${kind} ${JSON.stringify(ref.name)} ${verb}${where}\n`,
  );
  return { type, ref, uid };
}

async function targetsOf(args: readonly string[], flags: Flags, session: Session): Promise<Target[]> {
  if (flags.filename) {
    const objects = await readManifests({ filenames: flags.filename, recursive: flags.recursive }, session);
    return objects.map((object) => ({ type: object.type, ref: refOf(object) }));
  }
  if (args.length === 0)
    throw new Error('you must specify one or more resources by a file name, arguments or a selector');
  const targets: Target[] = [];
  for (const { type, names } of await parseTargets(args, session.resources)) {
    const namespace = type.namespaced ? session.namespace : undefined;
    if (names) targets.push(...names.map((name) => ({ type, ref: refOf({ name, namespace }) })));
    else if (flags.selector === '' && flags['field-selector'] === '' && !flags.all) {
      throw new Error('resource(s) were provided, but no name was specified');
    } else {
      const { items } = await session.client.resource(type).list({
        ...(namespace && !flags['all-namespaces'] ? { namespace } : {}),
        ...(flags.selector ? { labelSelector: flags.selector } : {}),
        ...(flags['field-selector'] ? { fieldSelector: flags['field-selector'] } : {}),
      });
      targets.push(...items.map(({ metadata }) => ({ type, ref: refOf(metadata) })));
    }
  }
  return targets;
}
