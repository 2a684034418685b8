import type { ApiObject } from '@typernetes/machinery';
import { FlagError, type ParsedFlags } from '@typernetes/process';
import { applyOne } from '../apply/apply-one.ts';
import type { ApplySetParent } from '../apply/apply-set.ts';
import type { ApplyOptions } from '../apply/applying.ts';
import { sortedKeys } from '../apply/last-applied.ts';
import { defineCommand } from '../command.ts';
import { filenameFlags, type ManifestObject, readManifests } from '../manifests/read.ts';
import { objectPrinter, withoutManagedFields } from '../printing/object-printer.ts';
import type { Printable } from '../printing/printable.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { printedName } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import { fieldValidation } from './create.ts';
import { deletionFlags, propagationOf } from './deletion-flags.ts';
import { Failures } from './failures.ts';
import { dryRunFlag, dryRunOf, drySuffix, recordFlag, resultFlags, usageError, validateFlag } from './result.ts';
import { selectorFlag } from './selected-objects.ts';

const flagSpecs = {
  ...deletionFlags('With --prune or --force'),
  ...dryRunFlag,
  ...filenameFlags,
  ...recordFlag,
  ...resultFlags,
  ...selectorFlag,
  ...validateFlag,
  all: {
    type: 'boolean',
    help: 'With --prune: all resources that apply has made, whatever their labels.',
    default: false,
  },
  applyset: {
    type: 'string',
    help: 'With --prune: the object that says what belongs together, RESOURCE[.GROUP]/NAME or the name of a Secret, instead of --all or -l.',
    default: '',
    hidden: true,
  },
  'field-manager': {
    type: 'string',
    help: 'Name of the manager used to track field ownership.',
    default: 'kubectl-client-side-apply',
  },
  'force-conflicts': {
    type: 'boolean',
    help: 'If true, server-side apply will force the changes against conflicts.',
    default: false,
  },
  'openapi-patch': {
    type: 'boolean',
    help: 'If true, the difference is made with what the API says of the kind where that is known.',
    default: true,
  },
  overwrite: {
    type: 'boolean',
    help: 'Take the values of the file where somebody else has changed them in the meantime.',
    default: true,
  },
  prune: {
    type: 'boolean',
    help: 'Delete what apply has made once and the files do not have any more. Use with --all or -l.',
    default: false,
  },
  'prune-allowlist': {
    type: 'array',
    help: 'With --prune: a kind that may be deleted, as group/version/kind, instead of the usual ones; can be repeated.',
    default: [],
  },
  'server-side': { type: 'boolean', help: 'If true, apply runs in the server instead of the client.', default: false },
  subresource: { type: 'string', help: 'With --server-side: the subresource that is applied.', default: '' },
} as const;

type Flags = ParsedFlags<typeof flagSpecs>;

export const applyCommand = defineCommand({
  use: 'apply (-f FILENAME | -k DIRECTORY)',
  short: 'Apply a configuration to a resource by file name or stdin',
  flags: flagSpecs,
  async run({ flags, given, positional }, session, signal) {
    if (given.has('applyset') && !isTrue(session.environment.KUBECTL_APPLYSET))
      throw new FlagError('unknown flag: --applyset');
    const parent = flags.applyset === '' ? undefined : await parentOf(flags.applyset, session);
    const options = optionsOf(flags, positional);
    if (parent) await checkApplySet(parent, flags, session);
    const isPrinted = (flags.output ?? '') !== '';
    // A format that is none is told when there is something to print, and that has been applied then.
    const print = (objects: readonly Printable[]): string =>
      objectPrinter(flags.output, {
        showManagedFields: flags['show-managed-fields'],
        strict: !flags['allow-missing-template-keys'],
      })?.(objects, false) ?? '';
    const failures = new Failures();
    const selected = await selectedManifests(flags, { session, failures });
    const set = parent && (await import('../apply/apply-set.ts'));
    const objects = parent && set ? set.asMembers(selected, parent) : selected;
    const scopes = parent && (await set?.beforeApply(parent, objects, { options, session, signal }));
    const allowed = flags.prune && !parent ? await pruned(flags, session) : [];
    const show = (type: AnyResource, object: ApiObject, verb: string): void => {
      if (flags.output === 'name') session.io.out(print([{ type, object }]));
      else if (isPrinted) shown.push({ type, object });
      else session.io.out(`${printedName(type, object.metadata.name)} ${verb}${drySuffix(options.dryRun)}\n`);
    };
    const shown: Printable[] = [];
    const printShown = (): void => {
      if (shown.length > 0) session.io.out(print(asOne(shown, flags)));
    };
    const kept = new Set<string>();
    for (const manifest of objects) {
      try {
        const { object, verb } = await applyOne(manifest, { options, session, signal });
        if (object.metadata.uid) kept.add(object.metadata.uid);
        show(manifest.type, object, verb);
      } catch (error) {
        failures.add(error);
      }
    }
    // Where something fails upstream prints nothing of what it has by then.
    if (!failures.some) printShown();
    const code = failures.report(session);
    // What could not be applied is not known to be gone from the files.
    if (code !== 0 || !flags.prune) return code;
    if (parent && scopes) {
      await set?.pruneApplySet(parent, { ...scopes, kept, show }, { options, session, signal });
      return 0;
    }
    const { prune } = await import('../apply/prune.ts');
    const { selector } = flags;
    // What is pruned is no part of the list: each is printed by itself.
    const showPruned: typeof show = (type, object, verb) =>
      isPrinted ? session.io.out(print([{ type, object }])) : show(type, object, verb);
    const isUsual = flags['prune-allowlist'].length === 0;
    const pruning = { allowed, isUsual, selector, kept, namespaces: namespacesOf(objects), show: showPruned };
    await prune(pruning, { options, session, signal });
    return 0;
  },
});

/** Several objects are printed as the list of them, in the order of Go's own list. */
function asOne(shown: readonly Printable[], flags: Flags): readonly Printable[] {
  const [first] = shown;
  if (shown.length < 2 || !first) return shown;
  const hide = !flags['show-managed-fields'] && !flags.output?.startsWith('jsonpath');
  const items = shown.map(({ object }) => sortedKeys(hide ? withoutManagedFields(object) : object));
  const list = { kind: 'List', apiVersion: 'v1', metadata: {}, items } as unknown as ApiObject;
  return [{ type: first.type, object: list, typed: true }];
}

/** As Go reads a boolean. */
const isTrue = (value: string | undefined): boolean => /^(1|t|T|TRUE|true|True)$/.test(value ?? '');

async function parentOf(ref: string, session: Session): Promise<ApplySetParent> {
  const { applySetParent } = await import('../apply/apply-set.ts');
  return applySetParent(ref, session);
}

/** Throws for what may not be a parent, and for flags that do not go together with one. */
async function checkApplySet(parent: ApplySetParent, flags: Flags, session: Session): Promise<void> {
  if (!flags.prune) throw new Error('--applyset requires --prune');
  const { checkParent } = await import('../apply/apply-set.ts');
  await checkParent(parent, session);
  if (flags.force) throw new Error('--force cannot be used with --prune');
  if (flags.all) throw new Error('--all is incompatible with --applyset');
  if (flags.selector !== '') throw new Error('--selector is incompatible with --applyset');
  if (flags['prune-allowlist'].length > 0) throw new Error('--prune-allowlist is incompatible with --applyset');
}

async function selectedManifests(
  flags: Flags,
  { session, failures }: { session: Session; failures: Failures },
): Promise<ManifestObject[]> {
  const filenames = flags.filename ?? [];
  const { recursive, selector } = flags;
  const validated = fieldValidation(flags.validate) !== 'Ignore';
  const selected = await readManifests({ filenames, recursive, selector, failed: failures.add, validated }, session);
  if (selected.length === 0 && (selector !== '' || !failures.some)) throw new Error('no objects passed to apply');
  return selected;
}

async function pruned(flags: Flags, session: Session): Promise<readonly AnyResource[]> {
  const { prunable } = await import('../apply/prune.ts');
  return prunable(flags['prune-allowlist'], session);
}

const namespacesOf = (objects: readonly ManifestObject[]): Set<string> =>
  new Set(objects.flatMap(({ namespace }) => (namespace === undefined ? [] : [namespace])));

/** Throws for flags that do not go together, with upstream's words. */
function optionsOf(flags: Flags, positional: readonly string[]): ApplyOptions {
  if (positional.length > 0) throw usageError('apply', `Unexpected args: [${positional.join(' ')}]`);
  if (!flags.filename) throw new Error('must specify one of -f and -k');
  const dryRun = dryRunOf(flags['dry-run']);
  const serverSide = flags['server-side'];
  const prunesBySelector = flags.prune && flags.applyset === '';
  const wrong: readonly (readonly [boolean, string])[] = [
    [flags['force-conflicts'] && !serverSide, '--force-conflicts only works with --server-side'],
    [
      dryRun === 'client' && serverSide,
      "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
    ],
    [serverSide && flags.force, '--force cannot be used with --server-side'],
    [dryRun === 'server' && flags.force, '--dry-run=server cannot be used with --force'],
    [flags.subresource !== '' && !serverSide, '--subresource can only be specified for --server-side'],
    [flags.all && flags.selector !== '', 'cannot set --all and --selector at the same time'],
    [prunesBySelector && flags.force, '--force cannot be used with --prune'],
    [
      prunesBySelector && !flags.all && flags.selector === '',
      'all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector',
    ],
    [
      prunesBySelector && serverSide,
      "--prune is in alpha and doesn't currently work on objects created by server-side apply",
    ],
  ];
  for (const [is, message] of wrong) if (is) throw new Error(message);
  return {
    dryRun,
    serverSide,
    fieldManager:
      serverSide && flags['field-manager'] === 'kubectl-client-side-apply' ? 'kubectl' : flags['field-manager'],
    fieldValidation: fieldValidation(flags.validate),
    forceConflicts: flags['force-conflicts'],
    overwrite: flags.overwrite,
    openapiPatch: flags['openapi-patch'],
    subresource: flags.subresource,
    recreate: flags.force,
    propagationPolicy: propagationOf(flags.cascade),
    graceSeconds: flags['grace-period'],
    timeoutMs: flags.timeout > 0 ? flags.timeout : undefined,
    wait: flags.wait,
  };
}
