import { defineCommand } from '../../command.ts';
import { amounts } from '../create/policy.ts';
import { changeObjects, setFlags } from './changed-objects.ts';
import { containersNamed, podSpecOf } from './pod-spec.ts';

export const setResourcesCommand = defineCommand({
  use: 'set resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]',
  short: 'Update resource requests/limits on objects with pod templates',
  flags: {
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
    if (flags.limits === '' && flags.requests === '') {
      throw new Error('you must specify an update to requests or limits (in the form of --requests/--limits)');
    }
    const limits = amounts(flags.limits);
    const requests = amounts(flags.requests);
    return changeObjects({ args: positional, flags, verb: 'resource requirements updated' }, session, (copy) => {
      const spec = podSpecOf(copy);
      const found = [
        ...containersNamed(spec.initContainers, flags.containers),
        ...containersNamed(spec.containers, flags.containers),
      ];
      if (found.length === 0) throw new Error(`unable to find container named ${flags.containers}`);
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
