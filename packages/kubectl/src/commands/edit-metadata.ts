import { type ApiObject, labelValueProblems } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import type { Session } from '../session.ts';
import { Failures } from './failures.ts';
import { mapPatch, splitChanges } from './key-value-changes.ts';
import { changeCausePatch } from './record.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, printResult, recordFlag, resultFlags } from './result.ts';
import {
  inTurn,
  localFlag,
  refOfSelected,
  type SelectedObject,
  selectionFlags,
  selectObjects,
  wideSelectionFlags,
} from './selected-objects.ts';

export const editFlags = {
  ...dryRunFlag,
  ...localFlag,
  ...recordFlag,
  ...resultFlags,
  ...selectionFlags,
  ...wideSelectionFlags,
  list: { type: 'boolean', help: 'Show what there is instead of changing it.', default: false },
  overwrite: { type: 'boolean', help: 'Change what has a value already.', default: false },
  'resource-version': {
    type: 'string',
    help: 'Change the object only in this version; for one object.',
    default: '',
  },
} as const;

export const labelFlags = { ...editFlags, ...fieldManagerFlag('kubectl-label') } as const;
export const annotateFlags = { ...editFlags, ...fieldManagerFlag('kubectl-annotate') } as const;

interface Edit {
  readonly map: 'labels' | 'annotations';
  readonly done: (change: { added: boolean; removed: boolean; unchanged: boolean }) => string;
  readonly flags: ParsedFlags<typeof labelFlags>;
  readonly session: Session;
}

/** `label` and `annotate`: they differ in the map that they change and in their messages. */
export async function editMetadata(args: readonly string[], of: Edit): Promise<number> {
  const { map, flags, session } = of;
  const dryRun = dryRunOf(flags['dry-run']);
  const what = map === 'labels' ? 'label' : 'annotation';
  const { targets, changes } = splitChanges(args, what);
  if (map === 'labels' && flags.list && flags.output)
    throw new Error('--list and --output may not be specified together');
  const both = changes.remove.filter((key) => Object.hasOwn(changes.set, key));
  if (map === 'labels' && both.length > 0)
    throw new Error('can not both modify and remove a label in the same command');
  checkValues(changes.set, map);
  if (flags.all && flags.selector !== '') throw new Error('cannot set --all and --selector at the same time');
  if (flags.all && flags['field-selector'] !== '')
    throw new Error('cannot set --all and --field-selector at the same time');
  if (flags.local) checkLocal(targets, { map, flags, dryRun });
  else if (targets.length === 0 && !flags.filename)
    throw new Error('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  const changed = Object.keys(changes.set).length + changes.remove.length > 0;
  if (!changed && !flags.list) throw new Error(`at least one ${what} update is required`);
  if (both.length > 0)
    throw new Error(
      `can not both modify and remove the following annotation(s) in the same command: ${both.join(', ')}`,
    );
  const failures = new Failures();
  if (flags['resource-version'] !== '' && targets.length > 2 && !targets.some((target) => target.includes('/')))
    throw new Error('--resource-version may only be used with a single resource');
  const selected = await selectObjects({ args: targets, flags, local: flags.local, failed: failures.add }, session);
  if (flags['resource-version'] !== '' && selected.length > 1)
    throw new Error('--resource-version may only be used with a single resource');
  for await (const one of inTurn(selected, session)) {
    try {
      const several = !namesOne(targets, flags) && (!flags.filename || selected.length > 1);
      if (flags.list && !changed) list(one, { ...of, several });
      else await edit(one, changes, { ...of, several });
    } catch (error) {
      failures.add(error);
    }
  }
  return failures.report(session);
}

/** Whether one object is asked for by its name. One that a selector finds, or the others were missing beside, is shown as one of several. */
const namesOne = (targets: readonly string[], { selector, all }: Edit['flags']): boolean =>
  selector === '' && !all && (targets[0]?.includes('/') ? targets.length === 1 : targets.length === 2);

function checkLocal(
  targets: readonly string[],
  { map, flags, dryRun }: Pick<Edit, 'map' | 'flags'> & { dryRun: string },
): void {
  if (dryRun === 'server')
    throw new Error('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
  const [yaml, json] = map === 'labels' ? ['pod.yaml', 'pod.json'] : ['rsrc.yaml', 'rsrc.json'];
  if (targets.length > 0)
    throw new Error(`can only use local files by -f ${yaml} or --filename=${json} when --local=true is set`);
  if (!flags.filename) throw new Error(`one or more files must be specified as -f ${yaml} or --filename=${json}`);
}

/** The server would refuse them too, but for each object. */
function checkValues(values: Readonly<Record<string, string>>, map: 'labels' | 'annotations'): void {
  if (map === 'annotations') return;
  for (const [key, value] of Object.entries(values)) {
    const problems = labelValueProblems(value);
    if (problems.length > 0)
      throw new Error(`invalid label value: ${JSON.stringify(`${key}=${value}`)}: ${problems.join(';')}`);
  }
}

function list({ type, object }: SelectedObject, { map, session, several }: Edit & { several: boolean }): void {
  const { name } = object.metadata;
  if (several) session.io.out(`Listing ${map} for ${type.kind}.${type.group}/${name}:\n`);
  for (const [key, value] of Object.entries(object.metadata[map] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
    session.io.out(`${several ? ' ' : ''}${key}=${value}\n`);
}

async function edit(
  one: SelectedObject,
  changes: ReturnType<typeof splitChanges>['changes'],
  of: Edit & { several: boolean },
): Promise<void> {
  const { map, flags, session } = of;
  const { type, object } = one;
  const dryRun = dryRunOf(flags['dry-run']);
  const current = object.metadata[map] ?? {};
  for (const key of changes.remove) {
    if (map === 'labels' && current[key] === undefined) session.io.out(`label ${JSON.stringify(key)} not found.\n`);
  }
  const patch = mapPatch(current, changes, { overwrite: flags.overwrite || flags.local, what: map });
  const changed = await patched(one, patch, of);
  const done = of.done({
    added: Object.keys(changes.set).length > 0,
    removed: changes.remove.some((key) => current[key] !== undefined),
    unchanged: !patch,
  });
  if (flags.list) {
    list({ ...one, object: changed }, of);
    return;
  }
  printResult(session, { type, object: changed }, { verb: done, dryRun, flags, apart: true });
}

async function patched(
  one: SelectedObject,
  patch: Record<string, string | null> | undefined,
  { map, flags, session }: Edit,
): Promise<ApiObject> {
  const dryRun = dryRunOf(flags['dry-run']);
  // The server checks a requested resourceVersion even if nothing would change.
  const cause = changeCausePatch(session)?.metadata;
  if (!patch && !cause && flags['resource-version'] === '') return one.object;
  if (flags.local || flags.list || dryRun === 'client') {
    const values = Object.entries({ ...one.object.metadata[map], ...patch }).filter(([, value]) => value !== null);
    const metadata = { ...one.object.metadata, [map]: Object.fromEntries(values) };
    return { ...one.object, metadata } as ApiObject;
  }
  const version = flags['resource-version'] === '' ? {} : { resourceVersion: flags['resource-version'] };
  return session.client.resource(one.type).patch(
    refOfSelected(one),
    {
      metadata: {
        ...version,
        ...cause,
        ...(patch ? { [map]: { ...(cause?.[map] as object | undefined), ...patch } } : {}),
      },
    },
    { type: 'merge', fieldManager: flags['field-manager'], dryRun: dryRun === 'server' },
  );
}
