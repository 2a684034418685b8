import { messagesOf } from '@typernetes/base';
import { defineCommand } from '../command.ts';
import { notConnected } from '../connection-problem.ts';
import { logged } from '../logged-warning.ts';
import { filenameFlags } from '../manifests/read.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import type { Session } from '../session.ts';
import { percentOfCpu, type ResourceMetric, resourceMetric } from './autoscale-metrics.ts';
import { createGenerated } from './create/generator.ts';
import { referenceOf } from './expose-service.ts';
import { Failures } from './failures.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, recordFlag, resultFlags, saveConfigFlag } from './result.ts';
import { selectObjects } from './selected-objects.ts';

const insteadOfPercent =
  "Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).";

export const autoscaleCommand = defineCommand({
  use: 'autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]',
  short: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
  required: ['max'],
  flags: {
    ...dryRunFlag,
    ...fieldManagerFlag('kubectl-autoscale'),
    ...filenameFlags,
    ...recordFlag,
    ...resultFlags,
    ...saveConfigFlag,
    cpu: {
      type: 'string',
      help: 'Target CPU utilization over all the pods: a percentage of the requests, or an amount.',
      default: '',
    },
    'cpu-percent': {
      hidden: true,
      type: 'number',
      help: 'The target average CPU utilization (represented as a percent of requested CPU) over all the pods.',
      default: -1,
      deprecated: insteadOfPercent,
    },
    max: {
      type: 'number',
      help: 'The upper limit for the number of pods that can be set by the autoscaler. Required.',
      default: -1,
    },
    memory: {
      type: 'string',
      help: 'Target memory utilization over all the pods: a percentage of the requests, or an amount.',
      default: '',
    },
    min: {
      type: 'number',
      help: 'The lower limit for the number of pods that can be set by the autoscaler.',
      default: -1,
    },
    name: { type: 'string', help: 'The name for the newly created object.', default: '' },
  } as const,
  async run({ flags, positional }, session, signal) {
    dryRunOf(flags['dry-run']);
    checkFlags(flags);
    const metrics = metricsOf(flags);
    const failures = new Failures();
    // Files are believed: what they describe need not be there yet.
    const selection = { args: positional, flags, believed: true, failed: failures.add };
    const selected = await selectObjects(selection, session);
    if (selected.length === 0 && !failures.some) throw new Error('no objects passed to autoscale');
    for (const { type, object } of selected) {
      const { name } = object.metadata;
      if (!(await hasScale(type, session))) {
        const resource = `${type.group}/${type.version}, Resource=${type.plural}`;
        failures.add(
          new Error(
            `cannot autoscale a ${type.kind}: could not find scale subresource for ${resource} in discovery information`,
          ),
        );
        continue;
      }
      const autoscaler = {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: flags.name || name },
        spec: {
          maxReplicas: flags.max,
          ...(metrics.length > 0 ? { metrics } : {}),
          ...(flags.min > 0 ? { minReplicas: flags.min } : {}),
          scaleTargetRef: referenceOf(type, name),
        },
        status: { currentMetrics: null, desiredReplicas: 0 },
      };
      const isRehearsal = dryRunOf(flags['dry-run']) === 'client';
      const creation = {
        name: autoscaler.metadata.name,
        // What stays here is shown without what it would be kept with.
        flags: isRehearsal ? { ...flags, 'save-config': false } : flags,
        session,
        signal,
        verb: isRehearsal ? 'created' : 'autoscaled',
      };
      try {
        await createGenerated(autoscaler, creation).catch((error: unknown) => {
          if (isRehearsal || notConnected(error) !== undefined) throw error;
          warnOfOlderVersion(error, session);
          checkFirstVersion(flags);
          return createGenerated(inFirstVersion(autoscaler, flags), creation);
        });
      } catch (error) {
        failures.add(error);
      }
    }
    return failures.report(session);
  },
});

/** Built-in kinds are known; of others discovery tells. */
async function hasScale({ group, version, plural }: AnyResource, session: Session): Promise<boolean> {
  const scalable = ['deployments', 'replicasets', 'statefulsets', 'replicationcontrollers'];
  if (scalable.includes(plural)) return true;
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const { resources } = await session.client.json<{ resources: readonly { name: string }[] }>('GET', path);
  return resources.some(({ name }) => name === `${plural}/scale`);
}

interface Wanted {
  readonly cpu: string;
  readonly 'cpu-percent': number;
  readonly memory: string;
}

function checkFlags(flags: Wanted & { readonly max: number; readonly min: number }): void {
  if (flags.max < 1) throw new Error(`--max=MAXPODS is required and must be at least 1, max: ${flags.max}`);
  if (flags.max < flags.min) {
    throw new Error(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${flags.max}, min: ${flags.min}`);
  }
  if (flags['cpu-percent'] > 0 && flags.cpu) throw new Error('--cpu-percent and --cpu are mutually exclusive');
}

const metricsOf = (flags: Wanted): ResourceMetric[] => [
  ...(flags['cpu-percent'] > 0 ? [percentOfCpu(flags['cpu-percent'])] : []),
  ...(flags.cpu ? [resourceMetric('cpu', flags.cpu)] : []),
  ...(flags.memory ? [resourceMetric('memory', flags.memory)] : []),
];

/** Whatever the second version was refused for, upstream tries the first one, and says why only where it is asked for more. */
function warnOfOlderVersion(error: unknown, session: Session): void {
  if (session.globalFlags.v < 1) return;
  const text = `Encountered an error with the autoscaling/v2 HorizontalPodAutoscaler: ${messagesOf(error)}. Falling back to try the autoscaling/v1 HorizontalPodAutoscaler`;
  session.io.err(logged(text, { session, place: 'autoscale.go:264', severity: 'I' }));
}

/** Throws, in upstream's words, for what the first version cannot say: that knows of a share of the CPU alone. */
function checkFirstVersion(flags: Wanted): void {
  const refused = (why: string): Error =>
    new Error(`failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: ${why}`);
  if (flags.cpu.trim() === '') throw refused('empty input');
  const isShare = flags['cpu-percent'] >= 0 || flags.cpu.trim().endsWith('%');
  if (flags.memory !== '' || !isShare) throw refused('%!w(<nil>)');
}

/** As `autoscaling/v1` says it; a share given by `--cpu` is left out, as upstream has it. */
function inFirstVersion<T extends { spec: { metrics?: readonly object[] } }>(
  autoscaler: T,
  flags: Wanted,
): T & { apiVersion: string } {
  const { metrics: _in, ...spec } = autoscaler.spec;
  const percent = flags['cpu-percent'];
  return {
    ...autoscaler,
    apiVersion: 'autoscaling/v1',
    spec: { ...spec, ...(percent >= 0 ? { targetCPUUtilizationPercentage: percent } : {}) },
    status: { currentReplicas: 0, desiredReplicas: 0 },
  };
}
