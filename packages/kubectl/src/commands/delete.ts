import type { ApiObject } from '@typernetes/machinery';
import { isNotFound } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { inFile } from '../manifests/in-file.ts';
import { MissingNameError } from '../manifests/missing-name.ts';
import { checkPaths, filenameFlags, readManifests, refOf } from '../manifests/read.ts';
import { warningText } from '../requests/warning-text.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { refuseBesideFiles, refuseNamesBesideSelector } from '../resources/argument-problems.ts';
import { parseTargets, printedKind, printedName } from '../resources/arguments.ts';
import { listError } from '../resources/list-error.ts';
import type { Session } from '../session.ts';
import { type Doomed, untilGone } from './deletion.ts';
import { Failures } from './failures.ts';
import { rawFlag, rawRequest } from './raw-request.ts';
import { type DryRun, dryRunFlag, dryRunOf } from './result.ts';
import { noResources } from './selected-objects.ts';

const flagSpecs = {
  ...dryRunFlag,
  ...filenameFlags,
  ...rawFlag,
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
  interactive: { type: 'boolean', short: 'i', help: 'Ask before anything is deleted.', default: false },
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
  /** The file that names it. */
  readonly source?: string;
}

export const deleteCommand = defineCommand({
  use: 'delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])',
  short: 'Delete resources by file names, stdin, resources and names, or by resources and label selector',
  flags: flagSpecs,
  async run({ flags, positional }, session, signal) {
    checkCascade(flags.cascade, session);
    if (flags.now && flags['grace-period'] !== -1)
      throw new Error('--now and --grace-period cannot be specified together');
    const dryRun = dryRunOf(flags['dry-run']);
    const failures = new Failures();
    const find = flags.raw === '' ? await finderOf(positional, { flags, session, failures }) : undefined;
    check(flags, session);
    if (!find) return rawRequest({ method: 'DELETE', path: flags.raw, filenames: flags.filename ?? [] }, session);
    const targets = await find();
    if (targets.length === 0 && !failures.some) {
      session.io.out('No resources found\n');
      return 0;
    }
    if (flags.interactive && !(await confirmed(targets, session))) return 0;
    const doomed: Doomed[] = [];
    const ignoresMissing = flags['ignore-not-found'] || flags.selector !== '' || flags.all;
    for (const target of targets) {
      try {
        doomed.push(await deleteOne(target, { flags, dryRun, session, signal }));
      } catch (error) {
        if (!isNotFound(error) || !ignoresMissing) failures.add(error);
      }
    }
    if (flags.wait && dryRun === 'none') {
      const timeoutMs = flags.timeout > 0 ? flags.timeout : undefined;
      for (const gone of doomed) await untilGone(gone, { session, signal, timeoutMs });
    }
    return failures.report(session);
  },
});

function checkCascade(cascade: string, { io }: Session): void {
  if (!['background', 'foreground', 'orphan', 'true', 'false'].includes(cascade))
    throw new Error(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
  if (cascade !== 'true' && cascade !== 'false') return;
  const better = cascade === 'true' ? 'background' : 'orphan';
  io.err(`warning: --cascade=${cascade} is deprecated (boolean value) and can be replaced with --cascade=${better}.\n`);
}

/** Upstream's checks once the targets are known; it warns here, too. */
function check(flags: Flags, session: Session): void {
  const { output = '' } = flags;
  if (!['', 'name'].includes(output))
    throw new Error(`unexpected -o output mode: ${output}. We only support '-o name'`);
  if (flags.all && flags.selector !== '') throw new Error('cannot set --all and --selector at the same time');
  if (flags.all && flags['field-selector'] !== '')
    throw new Error('cannot set --all and --field-selector at the same time');
  if (flags.force && (flags['grace-period'] > 0 || flags.now))
    throw new Error('--force and --grace-period greater than 0 cannot be specified together');
  if (flags.force) {
    const text =
      'Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.';
    session.io.err(warningText(text, session));
  }
  if (flags.raw === '') return;
  if (flags.recursive) throw new Error('--raw and --recursive are mutually exclusive');
  if (output !== '') throw new Error('--raw and --output are mutually exclusive');
}

async function confirmed(targets: readonly Target[], session: Session): Promise<boolean> {
  session.io.out(`You are about to delete the following ${targets.length} resource(s):\n`);
  for (const { type, ref } of targets) session.io.out(`${printedName(type, ref.name)}\n`);
  session.io.out('Do you want to continue? (y/N): ');
  const answer = (await session.io.stdin.text()).trim().toLowerCase();
  if (answer === 'y' || answer === 'yes') return true;
  session.io.out('deletion is cancelled\n');
  return false;
}

async function deleteOne(
  { type, ref, source = '' }: Target,
  { flags, dryRun, session, signal }: { flags: Flags; dryRun: DryRun; session: Session; signal: AbortSignal },
): Promise<Doomed> {
  const propagationPolicy =
    ({ orphan: 'Orphan', false: 'Orphan', foreground: 'Foreground' } as const)[flags.cascade as 'orphan'] ??
    'Background';
  const grace = flags.force ? 0 : flags.now ? 1 : flags['grace-period'];
  const client = session.client.resource(type);
  const deletion = {
    propagationPolicy,
    ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
    ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
    signal,
  };
  // A client-side dry run sends no request.
  const believed: { details?: { uid?: string } } = {};
  const answer = await (dryRun === 'client'
    ? believed
    : inFile({ source, what: 'deleting' }, () => client.delete(ref, deletion)));
  const uid = 'details' in answer ? answer.details?.uid : (answer as ApiObject).metadata?.uid;
  const kind = printedKind(type);
  const where = type.namespaced ? ` from ${ref.namespace} namespace` : '';
  const verb = flags.force ? 'force deleted' : 'deleted';
  const dry = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
  session.io.out(
    flags.output === 'name' ? `${kind}/${ref.name}\n` : `${kind} ${JSON.stringify(ref.name)} ${verb}${where}${dry}\n`,
  );
  return { type, ref, uid };
}

/** Parses and validates what is to be deleted; the returned function finds the objects. */
async function finderOf(
  args: readonly string[],
  { flags, session, failures }: { flags: Flags; session: Session; failures: Failures },
): Promise<() => Promise<Target[]>> {
  const { filename } = flags;
  const selects = flags.selector !== '' || flags['field-selector'] !== '' || flags.all;
  if (flags.all && (flags.selector !== '' || flags['field-selector'] !== ''))
    throw new Error("setting 'all' parameter but found a non empty selector. ");
  if (filename) {
    refuseBesideFiles(args, filename);
    await checkPaths(filename, session);
    return async () => {
      const { recursive, selector } = flags;
      const files = { filenames: filename, recursive, selector, failed: failures.add };
      const objects = await readManifests(files, session);
      return objects.flatMap((object) => {
        const { type, source, name } = object;
        if (name) return [{ type, ref: refOf(object), source }];
        failures.add(new Error(`error when deleting ${JSON.stringify(source)}: ${new MissingNameError().message}`));
        return [];
      });
    };
  }
  if (args.length === 0 && selects) throw new Error('at least one resource must be specified to use a selector');
  if (args.length === 0) throw new Error(noResources);
  const named = await parseTargets(args, session.resources);
  if (selects) refuseNamesBesideSelector(args, named);
  for (const { type, names } of named) {
    if (names && flags['all-namespaces'] && type.namespaced)
      throw new Error('a resource cannot be retrieved by name across all namespaces');
    if (!names && !selects) throw new Error('resource(s) were provided, but no name was specified');
  }
  return async () => {
    const targets: Target[] = [];
    for (const { type, names } of named) {
      const namespace = type.namespaced ? session.namespace : undefined;
      if (names) targets.push(...names.map((name) => ({ type, ref: refOf({ name, namespace }) })));
      else targets.push(...(await listed(type, { flags, session })));
    }
    return targets;
  };
}

async function listed(type: AnyResource, { flags, session }: { flags: Flags; session: Session }): Promise<Target[]> {
  const selectors = {
    ...(flags.selector ? { labelSelector: flags.selector } : {}),
    ...(flags['field-selector'] ? { fieldSelector: flags['field-selector'] } : {}),
  };
  const where = type.namespaced && !flags['all-namespaces'] ? { namespace: session.namespace } : {};
  const { items } = await session.client
    .resource(type)
    .list({ ...where, ...selectors })
    .catch((error: unknown) => {
      throw listError(error, { type, ...selectors });
    });
  return items.map(({ metadata }) => ({ type, ref: refOf(metadata) }));
}
