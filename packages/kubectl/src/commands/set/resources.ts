import { defineCommand } from '../../command.ts';
import { amounts } from '../create/policy.ts';
import { recordFlag } from '../result.ts';
import { changeObjects, ObjectProblem, setFlags } from './changed-objects.ts';
import { containersNamed, podSpecOf } from './pod-spec.ts';

export const setResourcesCommand = defineCommand({
  use: 'set resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]',
  short: 'Update resource requests/limits on objects with pod templates',
  formatFirst: true,
  flags: {
    ...recordFlag,
    ...setFlags,
    containers: {
      type: 'string',
      short: 'c',
      help: 'The names of containers in the selected pod templates to change - may use wildcards',
      default: '*',
    },
    limits: {
      type: 'string',
      help: "The resource requirement limits for this container.  For example, 'cpu=100m,memory=256Mi'.",
      default: '',
    },
    requests: {
      type: 'string',
      help: "The resource requirement requests for this container.  For example, 'cpu=100m,memory=256Mi'.",
      default: '',
    },
  } as const,
  run({ flags, positional }, session) {
    let limits: Record<string, string> | undefined;
    let requests: Record<string, string> | undefined;
    const check = (): void => {
      if (flags.limits === '' && flags.requests === '') {
        throw new Error('you must specify an update to requests or limits (in the form of --requests/--limits)');
      }
      limits = amounts(flags.limits);
      requests = amounts(flags.requests);
    };
    const failure = 'failed to patch resources update to pod template';
    const change = { args: positional, flags, verb: 'resource requirements updated', check, failure };
    return changeObjects(change, session, (copy) => {
      const spec = podSpecOf(copy);
      const found = [
        ...containersNamed(spec.initContainers, flags.containers),
        ...containersNamed(spec.containers, flags.containers),
      ];
      if (found.length === 0) throw new ObjectProblem(`unable to find container named ${flags.containers}`);
      for (const container of found) {
        container.resources = {
          ...container.resources,
          ...(limits ? { limits: { ...container.resources?.limits, ...limits } } : {}),
          ...(requests ? { requests: { ...container.resources?.requests, ...requests } } : {}),
        };
      }
    });
  },
});
