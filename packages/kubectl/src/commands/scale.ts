import { type ApiObject, isConflict } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import type { Session } from '../session.ts';
import { Failures } from './failures.ts';
import { changeCausePatch } from './record.ts';
import { dryRunFlag, dryRunOf, printResult, recordFlag, resultFlags } from './result.ts';
import {
  refOfSelected,
  type SelectedObject,
  selectionFlags,
  selectObjects,
  subresourcePath,
} from './selected-objects.ts';

const flagSpecs = {
  ...dryRunFlag,
  ...recordFlag,
  ...resultFlags,
  ...selectionFlags,
  'current-replicas': { type: 'number', help: 'Scale only what has this size now; -1: any.', default: -1 },
  replicas: { type: 'number', help: 'The size that is wanted. Required.', default: 0 },
  'resource-version': { type: 'string', help: 'Scale only what is in this version.', default: '' },
  timeout: { type: 'duration', help: 'How long to wait until the size is reached; 0: do not wait.', default: 0 },
} as const;

interface Scale {
  readonly replicas: number;
  readonly current: number;
  readonly version: string;
  readonly timeoutMs: number;
  readonly dryRun: 'none' | 'client' | 'server';
}

interface Sized extends ApiObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number };
}

export const scaleCommand = defineCommand({
  use: 'scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)',
  short: 'Set a new size for a deployment, replica set, or replication controller',
  formatFirst: true,
  required: ['replicas'],
  flags: flagSpecs,
  async run({ flags, positional }, session, signal) {
    if (flags.replicas < 0)
      throw new Error('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
    const scale: Scale = {
      replicas: flags.replicas,
      current: flags['current-replicas'],
      version: flags['resource-version'],
      timeoutMs: flags.timeout,
      dryRun: dryRunOf(flags['dry-run']),
    };
    const failures = new Failures();
    const selection = { args: positional, flags, believed: true, failed: failures.add };
    const selected = await selectObjects(selection, session);
    if (selected.length === 0 && !failures.some) throw new Error('no objects passed to scale');
    if (selected.length > 1 && scale.version !== '')
      throw new Error('cannot use --resource-version with multiple resources');
    for (const one of selected) {
      try {
        if (scale.dryRun !== 'client') {
          await resize(one, scale, { session, signal });
          const cause = changeCausePatch(session);
          const options = { type: 'merge', fieldManager: 'kubectl', dryRun: scale.dryRun === 'server' } as const;
          if (cause) await session.client.resource(one.type).patch(refOfSelected(one), cause, options);
        }
        printResult(session, one, { verb: 'scaled', dryRun: scale.dryRun, flags });
      } catch (error) {
        failures.add(error);
        // Upstream goes on with nothing after it.
        break;
      }
    }
    return failures.report(session);
  },
});

async function resize(
  one: SelectedObject,
  { replicas, current, version, timeoutMs, dryRun }: Scale,
  { session, signal }: { session: Session; signal: AbortSignal },
): Promise<void> {
  const client = session.client.resource(one.type);
  const ref = refOfSelected(one);
  const options = {
    type: 'merge',
    subresource: 'scale',
    fieldManager: 'kubectl',
    dryRun: dryRun === 'server',
  } as const;
  if (current < 0 && version === '') await client.patch(ref, { spec: { replicas } }, options);
  else await resizeIf(one, { replicas, current, version }, { session, dryRun });
  if (timeoutMs === 0 || dryRun !== 'none') return;
  const { watchObject } = await import('../resources/watch-object.ts');
  const reached = await watchObject({ type: one.type, ref }, { session, signal, timeoutMs }, (object) => {
    const { spec, status } = (object ?? {}) as Sized;
    return object === undefined || (spec?.replicas === replicas && (status?.replicas ?? 0) === replicas);
  });
  if (!reached) throw new Error('timed out waiting for the condition');
}

/** Under conditions: another change in between is a reason to look again, not to fail. */
async function resizeIf(
  { type, object, namespace }: SelectedObject,
  { replicas, current, version }: Pick<Scale, 'replicas' | 'current' | 'version'>,
  { session, dryRun }: { session: Session; dryRun: Scale['dryRun'] },
): Promise<void> {
  const ref = { name: object.metadata.name, ...(namespace ? { namespace } : {}) };
  const path = subresourcePath({ type, ref, subresource: 'scale' });
  for (;;) {
    const scale = await session.client.json<Sized>('GET', path);
    const { metadata, spec } = scale;
    if (current >= 0 && (spec?.replicas ?? 0) !== current)
      throw new Error(`Expected replicas to be ${current}, was ${spec?.replicas ?? 0}`);
    if (version !== '' && metadata.resourceVersion !== version)
      throw new Error(`Expected resource version to be ${version}, was ${metadata.resourceVersion}`);
    try {
      const query = `fieldManager=kubectl${dryRun === 'server' ? '&dryRun=All' : ''}`;
      await session.client.json('PUT', `${path}?${query}`, { ...scale, spec: { ...spec, replicas } });
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}
