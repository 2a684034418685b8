import { type FlagSpecs, formatDuration, type ParsedFlags } from './flags.ts';

/** The leader election flags. `name` is the lease's. */
export const leaderFlags = (name: string) =>
  ({
    'leader-elect': {
      type: 'boolean',
      default: true,
      help: 'Start a leader election client and gain leadership before executing the main loop. Enable this when running replicated components for high availability.',
    },
    'leader-elect-lease-duration': {
      type: 'duration',
      default: 15_000,
      help: 'The duration that non-leader candidates will wait before they try to acquire leadership.',
    },
    'leader-elect-renew-deadline': {
      type: 'duration',
      default: 10_000,
      help: 'The interval between attempts by the acting master to renew a leadership slot before it stops leading.',
    },
    'leader-elect-resource-lock': {
      type: 'string',
      default: 'leases',
      help: "The type of resource object that is used for locking: 'leases'.",
    },
    'leader-elect-resource-name': {
      type: 'string',
      default: name,
      help: 'The name of resource object that is used for locking.',
    },
    'leader-elect-resource-namespace': {
      type: 'string',
      default: 'kube-system',
      help: 'The namespace of resource object that is used for locking.',
    },
    'leader-elect-retry-period': {
      type: 'duration',
      default: 2_000,
      help: 'The duration the clients should wait between attempting acquisition and renewal of a leadership.',
    },
  }) as const satisfies FlagSpecs;

/** The flags in the form of `leaderElection` in upstream's configurations. */
export const leaderElectionOf = (flags: ParsedFlags<ReturnType<typeof leaderFlags>>) => ({
  leaderElect: flags['leader-elect'],
  leaseDuration: formatDuration(flags['leader-elect-lease-duration']),
  renewDeadline: formatDuration(flags['leader-elect-renew-deadline']),
  retryPeriod: formatDuration(flags['leader-elect-retry-period']),
  resourceLock: flags['leader-elect-resource-lock'],
  resourceName: flags['leader-elect-resource-name'],
  resourceNamespace: flags['leader-elect-resource-namespace'],
});
