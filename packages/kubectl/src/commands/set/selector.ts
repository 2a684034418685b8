import { type ApiObject, type JsonObject, selectorFromLabels } from '@typernetes/machinery';
import { defineCommand } from '../../command.ts';
import type { Session } from '../../session.ts';
import { printGenerated } from '../create/generator.ts';
import { labelSelectorOf } from '../create/label-selector.ts';
import { Failures } from '../failures.ts';
import { changeCausePatch, recorded } from '../record.ts';
import { type DryRun, dryRunOf, recordFlag } from '../result.ts';
import { refOfSelected, type SelectedObject, selectObjects } from '../selected-objects.ts';
import { onlyFiles, setFlags } from './changed-objects.ts';

const { selector: _none, kustomize: _nor, ...selectorless } = setFlags;

export const setSelectorCommand = defineCommand({
  use: 'set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]',
  short: 'Set the selector on a resource',
  formatFirst: true,
  flags: {
    ...recordFlag,
    ...selectorless,
    recursive: { ...setFlags.recursive, default: true },
    'resource-version': {
      type: 'string',
      help: 'If non-empty, the selectors update will only succeed if this is the current resource-version for the object.',
      default: '',
    },
  } as const,
  async run({ flags, positional }, session) {
    const expression = positional.at(-1);
    if (expression === undefined) throw new Error('one selector is required');
    const args = positional.slice(0, -1);
    const wanted = labelSelectorOf(expression);
    const dryRun = dryRunOf(flags['dry-run']);
    const failures = new Failures();
    const selection = { args, flags, local: flags.local, onlyFiles, failed: failures.add };
    const found = await selectObjects(selection, session);
    for (const selected of found) {
      try {
        await printGenerated(
          session,
          { type: selected.type, object: await changed(selected, { wanted, dryRun, flags }, session) },
          { verb: 'selector updated', dryRun, flags },
        );
      } catch (error) {
        failures.add(error);
      }
    }
    return failures.report(session);
  },
});

interface Change {
  readonly wanted: ReturnType<typeof labelSelectorOf>;
  readonly dryRun: DryRun;
  readonly flags: { readonly 'field-manager': string; readonly local: boolean; readonly 'resource-version': string };
}

/** The object with the selector, where it is a Service. */
async function changed(
  selected: SelectedObject,
  { wanted, dryRun, flags }: Change,
  session: Session,
): Promise<ApiObject> {
  const { type, object } = selected;
  const after = structuredClone(recorded(object, session)) as unknown as JsonObject & { spec: JsonObject };
  if (type.kind !== 'Service') throw new Error(`setting a selector is only supported for Services`);
  if (wanted.matchExpressions) {
    const shown = wanted.matchExpressions.map(
      ({ key, operator, values = [] }) => `{${key} ${operator} [${values.join(' ')}]}`,
    );
    throw new Error(`match expression [${shown.join(' ')}] not supported on this object`);
  }
  selectorFromLabels(wanted.matchLabels ?? {});
  after.spec = { ...after.spec, selector: wanted.matchLabels ?? {} };
  if (flags['resource-version']) (after.metadata as JsonObject).resourceVersion = flags['resource-version'];
  const body = {
    metadata: {
      ...changeCausePatch(session)?.metadata,
      ...(flags['resource-version'] ? { resourceVersion: flags['resource-version'] } : {}),
    },
    spec: { selector: { $patch: 'replace', ...wanted.matchLabels } },
  };
  return flags.local || dryRun === 'client'
    ? (after as unknown as typeof object)
    : await session.client.resource(type).patch(refOfSelected(selected), body, {
        type: 'strategic',
        fieldManager: flags['field-manager'],
        dryRun: dryRun === 'server',
      });
}
