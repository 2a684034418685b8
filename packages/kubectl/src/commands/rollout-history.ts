import type { ApiObject } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { Columns } from '../printing/columns.ts';
import { objectPrinter } from '../printing/object-printer.ts';
import { printedName } from '../resources/arguments.ts';
import { Failures } from './failures.ts';
import { resultFlags } from './result.ts';
import { type Revision, revisionsOf, shownTemplate } from './rollout-revisions.ts';
import { rolloutSelection, selectRollouts } from './rollout-selection.ts';
import type { SelectedObject } from './selected-objects.ts';

export const rolloutHistoryCommand = defineCommand({
  use: 'rollout history (TYPE NAME | TYPE/NAME) [flags]',
  short: 'View rollout history',
  flags: {
    ...resultFlags,
    ...rolloutSelection,
    revision: { type: 'number', help: 'Show this revision, with its pod template.', default: 0 },
  } as const,
  async run({ flags, positional }, session) {
    if (flags.revision < 0) throw new Error(`revision must be a positive integer: ${flags.revision}`);
    const failures = new Failures();
    const found = await selectRollouts(positional, { flags, failures, session });
    const print = objectPrinter(flags.output, {
      showManagedFields: flags['show-managed-fields'],
      strict: !flags['allow-missing-template-keys'],
    });
    let documents = 0;
    for (const selected of found) {
      try {
        const all = await revisionsOf(selected, session);
        const isWhole = flags.revision === 0 || (all.length === 0 && !print);
        const revisions = isWhole ? all : [wanted(all, flags.revision)];
        if (print)
          for (const { type, object } of revisions) {
            const text = print([{ type, object: await inTypedForm(object), typed: true }], false);
            session.io.out(flags.output === 'yaml' && documents++ > 0 ? `---\n${text}` : text);
          }
        else session.io.out(await shown(selected, revisions, flags.revision));
      } catch (error) {
        failures.add(error);
      }
    }
    return failures.report(session);
  },
});

async function inTypedForm(object: ApiObject): Promise<ApiObject> {
  const { typedForm } = await import('../printing/typed-form.ts');
  return typedForm(object);
}

function wanted(revisions: readonly Revision[], number: number): Revision {
  const found = revisions.find((revision) => revision.number === number);
  if (!found) throw new Error('unable to find the specified revision');
  return found;
}

async function shown(
  { type, object }: SelectedObject,
  revisions: readonly Revision[],
  number: number,
): Promise<string> {
  const name = printedName(type, object.metadata.name);
  const [only] = revisions;
  const head = number > 0 ? `${name} with revision #${number}` : `${name} `;
  // No controller has seen it yet.
  if (!only) return `${head}\nNo rollout history found.\n`;
  if (number > 0) return `${head}\n${await shownTemplate(only.template)}\n`;
  const rows = revisions.map((revision) => [String(revision.number), revision.cause ?? '<none>']);
  return `${head}\n${new Columns(2).format([['REVISION', 'CHANGE-CAUSE'], ...rows])}\n`;
}
