import { type Node, nodes } from '@typernetes/api/core/v1';
import type { Command } from '../command.ts';
import { defineCommand } from '../command.ts';
import { refOf } from '../manifests/read.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { parseTypeAndName, printedName } from '../resources/arguments.ts';
import { listError } from '../resources/list-error.ts';
import type { Session } from '../session.ts';
import { type DryRun, dryRunFlag, dryRunOf, printResult, usageError } from './result.ts';
import { noResources, readObject, selectorFlag } from './selected-objects.ts';

function cordonCommandOf(verb: 'cordon' | 'uncordon', short: string): Command {
  return defineCommand({
    use: `${verb} NODE`,
    short,
    flags: { ...dryRunFlag, ...selectorFlag } as const,
    async run({ flags, positional, given }, session) {
      checkNodeArguments(positional, { selector: given.has('selector') ? flags.selector : undefined, verb });
      const dryRun = dryRunOf(flags['dry-run']);
      for (const node of await nodesOf(positional, { selector: flags.selector, session })) {
        await setSchedulable(node, { schedulable: verb === 'uncordon', dryRun, session });
      }
      return 0;
    },
  });
}

export const cordonCommand = cordonCommandOf('cordon', 'Mark node as unschedulable');
export const uncordonCommand = cordonCommandOf('uncordon', 'Mark node as schedulable');

/** Nodes are named, or picked by a selector, undefined where none is given: one of the two. */
export function checkNodeArguments(
  names: readonly string[],
  { selector, verb }: { selector: string | undefined; verb: string },
): void {
  if (names.length > 0 && selector) throw usageError(verb, 'cannot specify both a node name and a --selector option');
  if (names.length > 0 || selector) return;
  throw selector === undefined ? usageError(verb, `USAGE: ${verb} NODE [flags]`) : new Error(noResources);
}

export async function nodesOf(
  names: readonly string[],
  { selector, session }: { selector: string; session: Session },
): Promise<Node[]> {
  const client = session.client.resource(nodes);
  const type = nodes as unknown as AnyResource;
  if (selector !== '')
    return (
      await client.list({ labelSelector: selector }).catch((error: unknown) => {
        throw listError(error, { type, labelSelector: selector });
      })
    ).items;
  return Promise.all(
    names.map(async (name) => {
      if (!name.includes('/')) return client.get(refOf({ name }));
      const target = await parseTypeAndName(name, session.resources);
      const ref = refOf({
        name: target.names?.[0] ?? '',
        namespace: target.type.namespaced ? session.namespace : undefined,
      });
      const object = await readObject({ type: target.type, ref }, session);
      if (target.type.kind !== 'Node') throw new Error(`${printedName(target.type, ref.name)} is no node`);
      return object as unknown as Node;
    }),
  );
}

/** Lets pods come to a node, or no more; says so. */
export async function setSchedulable(
  node: Node,
  { schedulable, dryRun, session }: { schedulable: boolean; dryRun: DryRun; session: Session },
): Promise<void> {
  const done = schedulable ? 'uncordoned' : 'cordoned';
  const type = nodes as unknown as Parameters<typeof printResult>[1]['type'];
  const say = (verb: string): void =>
    printResult(session, { type, object: node }, { verb, dryRun, flags: { output: undefined } });
  if ((node.spec.unschedulable ?? false) !== schedulable) {
    say(`already ${done}`);
    return;
  }
  if (dryRun !== 'client') {
    const patch = { spec: { unschedulable: schedulable ? null : true } };
    await session.client
      .resource(nodes)
      .patch({ name: node.metadata.name }, patch, { type: 'strategic', dryRun: dryRun === 'server' });
  }
  say(done);
}
