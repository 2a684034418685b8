import { type Node, nodes, type Taint } from '@typernetes/api/core/v1';
import type { ApiObject } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { PlainError } from '../io.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { listError } from '../resources/list-error.ts';
import type { Session } from '../session.ts';
import { printGenerated } from './create/generator.ts';
import { fieldValidation } from './create.ts';
import { Failures } from './failures.ts';
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  printResult,
  resultFlags,
  usageError,
  validateFlag,
} from './result.ts';
import { changedTaints, parseTaints, type TaintChanges } from './taint-changes.ts';
import { patchTaints } from './taint-patch.ts';

export const taintCommand = defineCommand({
  use: 'taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
  short: 'Update the taints on one or more nodes',
  flags: {
    ...dryRunFlag,
    ...fieldManagerFlag('kubectl-taint'),
    ...resultFlags,
    ...validateFlag,
    all: { type: 'boolean', help: 'Select all nodes in the cluster', default: false },
    overwrite: { type: 'boolean', help: 'If true, allow taints to be overwritten.', default: false },
    selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
  } as const,
  async run({ flags, positional }, session) {
    fieldValidation(flags.validate);
    const dryRun = dryRunOf(flags['dry-run']);
    const [type = '', ...rest] = positional;
    if (positional.length === 0) throw new Error('one or more resources must be specified as <resource> <name>');
    const at = rest.findIndex((arg) => /=|:|-$/.test(arg));
    const names = at < 0 ? rest : rest.slice(0, at);
    let changes: TaintChanges;
    try {
      changes = parseTaints(at < 0 ? [] : rest.slice(at));
    } catch (error) {
      throw usageError('taint', (error as Error).message);
    }
    if (type.includes('/')) throw new PlainError(`the server doesn't have a resource type ${JSON.stringify(type)}\n`);
    if (!['node', 'nodes', 'no'].includes(type))
      throw new Error(`invalid resource type ${type}, only node types are supported`);
    if (changes.add.length + changes.remove.length === 0) throw new Error('at least one taint update is required');
    checkContradictions(changes);
    if (flags.all && flags.selector !== '')
      throw new Error("setting 'all' parameter with a non empty selector is prohibited");
    if (names.length === 0 && !flags.all && flags.selector === '') {
      throw new Error("at least one resource name must be specified since 'all' parameter is not set");
    }
    const failures = new Failures();
    const chosen = flags.all || flags.selector !== '' ? [] : names;
    for (const node of await found(chosen, { selector: flags.selector, session, failed: failures.add })) {
      try {
        await taint(node, changes, { flags, dryRun, session });
      } catch (error) {
        failures.add(error);
      }
    }
    return failures.report(session);
  },
});

function checkContradictions({ add, remove }: TaintChanges): void {
  const both = add.flatMap(({ key, effect }) =>
    remove.filter((gone) => gone.key === key && (gone.effect === undefined || gone.effect === effect)),
  );
  if (both.length === 0) return;
  const listed = both.map(({ key, effect = '' }) => `${key}=${effect}`).join(', ');
  throw new Error(`can not both modify and remove the following taint(s) in the same command: ${listed}`);
}

async function found(
  names: readonly string[],
  { selector, session, failed }: { selector: string; session: Session; failed: (error: unknown) => void },
): Promise<Node[]> {
  const client = session.client.resource(nodes);
  if (names.length === 0)
    return (
      await client.list(selector ? { labelSelector: selector } : {}).catch((error: unknown) => {
        throw listError(error, { type: nodes as unknown as AnyResource, labelSelector: selector });
      })
    ).items;
  const outcomes = await Promise.allSettled(names.map((name) => client.get({ name })));
  return outcomes.flatMap((outcome) => {
    if (outcome.status === 'fulfilled') return [outcome.value];
    failed(outcome.reason);
    return [];
  });
}

async function taint(
  node: Node,
  changes: TaintChanges,
  {
    flags,
    dryRun,
    session,
  }: {
    dryRun: ReturnType<typeof dryRunOf>;
    flags: {
      'field-manager': string;
      overwrite: boolean;
      output: string | undefined;
      'show-managed-fields': boolean;
    };
    session: Session;
  },
): Promise<void> {
  const { name } = node.metadata;
  const current = node.spec.taints ?? [];
  const change = (before: readonly Taint[]): readonly Taint[] =>
    changedTaints(before, changes, { overwrite: flags.overwrite, nodeName: name });
  const taints = change(current);
  const { taints: _, ...spec } = node.spec;
  const changed =
    dryRun === 'client'
      ? { ...node, apiVersion: 'v1', kind: 'Node', spec: { ...spec, ...(taints.length > 0 ? { taints } : {}) } }
      : await patchTaints(node, change, {
          client: session.client.resource(nodes),
          fieldManager: flags['field-manager'],
          dryRun: dryRun === 'server',
        });
  const isMixed = flags.overwrite || (changes.add.length > 0 && changes.remove.length > 0);
  const verb = isMixed ? 'modified' : changes.add.length > 0 ? 'tainted' : 'untainted';
  const type = nodes as unknown as AnyResource;
  // Upstream does not mention the dry run here.
  const options = { verb, flags, apart: true };
  // Upstream prints the server's response from a struct, and local changes unstructured.
  if (dryRun === 'client') printResult(session, { type, object: changed as ApiObject }, options);
  else await printGenerated(session, { type, object: changed as ApiObject }, options);
}
