import type { Extender, KubeSchedulerProfile, Plugins } from '@typernetes/api/kubescheduler.config/v1';
import {
  childPath,
  duplicateValue,
  type FieldProblem,
  indexPath,
  invalidValue,
  jsonEqual,
  parseDuration,
  problemText,
  qualifiedNameProblems,
  requiredValue,
} from '@typernetes/machinery';
import { extensionPoints } from '../framework/profile.ts';
import type { SchedulerConfig } from './config.ts';
import { argsProblems } from './validate-args.ts';

/** All problems, in upstream's field format. */
export function validateSchedulerConfig(config: SchedulerConfig): string[] {
  const problems: FieldProblem[] = [
    ...clientProblems(config),
    ...leaderElectionProblems(config),
    ...(config.parallelism > 0
      ? []
      : [invalidValue('parallelism', config.parallelism, 'should be an integer value greater than zero')]),
    ...config.profiles.flatMap((profile, i) => profileProblems(profile, i, config.profiles)),
    ...queueSortProblems(config.profiles),
    ...percentageProblems('percentageOfNodesToScore', config.percentageOfNodesToScore),
  ];
  const { podInitialBackoffSeconds: initial, podMaxBackoffSeconds: max } = config;
  if (initial <= 0) problems.push(invalidValue('podInitialBackoffSeconds', initial, 'must be greater than 0'));
  if (max < initial)
    problems.push(
      invalidValue('podMaxBackoffSeconds', max, 'must be greater than or equal to PodInitialBackoffSeconds'),
    );
  problems.push(...extenderProblems(config.extenders));
  return problems.map(problemText);
}

function clientProblems({ clientConnection: { burst } }: SchedulerConfig): FieldProblem[] {
  return (burst ?? 0) < 0 ? [invalidValue('clientConnection.burst', burst, 'must be non-negative')] : [];
}

function leaderElectionProblems({ leaderElection }: SchedulerConfig): FieldProblem[] {
  if (!leaderElection.leaderElect) return [];
  const path = 'leaderElection';
  const problems: FieldProblem[] = [];
  const ms = durationOf;
  const { leaseDuration, renewDeadline, retryPeriod, resourceLock, resourceName, resourceNamespace } = leaderElection;
  for (const [name, text] of Object.entries({ leaseDuration, renewDeadline, retryPeriod })) {
    if (ms(text) <= 0) problems.push(invalidValue(childPath(path, name), text, 'must be greater than zero'));
  }
  if (ms(leaseDuration) <= ms(renewDeadline))
    problems.push(
      invalidValue(`${path}.leaseDuration`, renewDeadline, 'LeaseDuration must be greater than RenewDeadline'),
    );
  if (ms(renewDeadline) <= ms(retryPeriod))
    problems.push(
      invalidValue(`${path}.renewDeadline`, renewDeadline, 'RenewDeadline must be greater than RetryPeriod'),
    );
  for (const [name, value] of Object.entries({ resourceLock, resourceNamespace, resourceName }))
    if (!value) problems.push(requiredValue(childPath(path, name), `${name} is required`));
  if (resourceLock !== 'leases')
    problems.push(invalidValue(`${path}.resourceLock`, resourceLock, 'resourceLock value must be "leases"'));
  return problems;
}

/** Milliseconds; 0 for an invalid duration. */
function durationOf(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return 0;
  }
}

/** Plugins for volumes of single cloud providers, removed in earlier versions of the configuration. */
const removedPlugins = new Set(['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits']);
const removedMessage =
  'was invalid in version "v1" (KubeSchedulerConfiguration is version "kubescheduler.config.k8s.io/v1")';

function profileProblems(
  profile: KubeSchedulerProfile,
  index: number,
  profiles: readonly KubeSchedulerProfile[],
): FieldProblem[] {
  const path = indexPath('profiles', index);
  const problems: FieldProblem[] = [];
  if (!profile.schedulerName) problems.push(requiredValue(`${path}.schedulerName`));
  problems.push(...percentageProblems(`${path}.percentageOfNodesToScore`, profile.percentageOfNodesToScore));
  for (const point of extensionPoints) {
    for (const [i, { name }] of (profile.plugins?.[point]?.enabled ?? []).entries()) {
      if (removedPlugins.has(name))
        problems.push(invalidValue(indexPath(`${path}.plugins.${point}.enabled`, i), name, removedMessage));
    }
  }
  const seen = new Set<string>();
  for (const [i, { name, args }] of (profile.pluginConfig ?? []).entries()) {
    const at = indexPath(`${path}.pluginConfig`, i);
    if (seen.has(name)) problems.push(duplicateValue(at, name));
    seen.add(name);
    if (removedPlugins.has(name)) problems.push(invalidValue(at, name, removedMessage));
    else problems.push(...argsProblems(name, args ?? {}, `${at}.args`));
  }
  const first = profiles.findIndex((other) => other.schedulerName === profile.schedulerName);
  if (first < index) problems.push(duplicateValue(`${path}.schedulerName`, `profiles[${first}].schedulerName`));
  return problems;
}

/** All pods wait in one queue, so there can only be one order. */
function queueSortProblems(profiles: readonly KubeSchedulerProfile[]): FieldProblem[] {
  const sortOf = (plugins: Plugins | undefined) => plugins?.queueSort ?? {};
  const problems: FieldProblem[] = [];
  const [first, ...others] = profiles;
  const enabled = sortOf(first?.plugins).enabled ?? [];
  if (enabled.length > 1)
    problems.push(
      invalidValue(
        'profiles[0].plugins.queueSort.Enabled',
        enabled.length,
        'only one queue sort plugin can be enabled',
      ),
    );
  const argsOf = (profile: KubeSchedulerProfile | undefined) =>
    profile?.pluginConfig?.find(({ name }) => name === enabled[0]?.name)?.args;
  for (const [i, profile] of others.entries()) {
    const path = indexPath('profiles', i + 1);
    if (!jsonEqual(sortOf(profile.plugins), sortOf(first?.plugins)))
      problems.push(
        invalidValue(`${path}.plugins.queueSort`, sortOf(profile.plugins), 'must be the same for all profiles'),
      );
    if (argsOf(profile) && !jsonEqual(argsOf(profile), argsOf(first)))
      problems.push(
        invalidValue(`${path}.pluginConfig.args`, argsOf(profile), 'queueSort must be the same for all profiles'),
      );
  }
  return problems;
}

function percentageProblems(path: string, percentage: number | undefined): FieldProblem[] {
  const valid = percentage === undefined || (percentage >= 0 && percentage <= 100);
  return valid ? [] : [invalidValue(path, percentage, 'not in valid range [0-100]')];
}

function extenderProblems(extenders: readonly Extender[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const managed = new Set<string>();
  for (const [i, extender] of extenders.entries()) {
    const path = indexPath('extenders', i);
    if (extender.prioritizeVerb && (extender.weight ?? 0) <= 0)
      problems.push(invalidValue(`${path}.weight`, extender.weight ?? 0, 'must have a positive weight applied to it'));
    for (const [j, { name }] of (extender.managedResources ?? []).entries()) {
      const at = `${indexPath(`${path}.managedResources`, j)}.name`;
      const named = qualifiedNameProblems(name).map((problem) => invalidValue(at, name, problem));
      problems.push(...named);
      if (named.length === 0 && !isExtendedResource(name))
        problems.push(invalidValue(at, name, 'is an invalid extended resource name'));
      if (managed.has(name)) problems.push(invalidValue(at, name, 'duplicate extender managed resource name'));
      managed.add(name);
    }
  }
  const binders = extenders.filter(({ bindVerb }) => bindVerb).length;
  if (binders > 1)
    problems.push(
      invalidValue('extenders', `found ${binders} extenders implementing bind`, 'only one extender can implement bind'),
    );
  return problems;
}

function isExtendedResource(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');
}
