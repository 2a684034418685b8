import type { TopologySpreadConstraint } from '@typernetes/api/core/v1';
import type {
  DefaultPreemptionArgs,
  DynamicResourcesArgs,
  InterPodAffinityArgs,
  NodeAffinityArgs,
  NodeResourcesBalancedAllocationArgs,
  NodeResourcesFitArgs,
  PodTopologySpreadArgs,
  ResourceSpec,
  UtilizationShapePoint,
  VolumeBindingArgs,
} from '@typernetes/api/kubescheduler.config/v1';
import {
  duplicateValue,
  type FieldProblem,
  forbiddenValue,
  indexPath,
  invalidValue,
  parseDuration,
  qualifiedNameProblems,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';
import { shapeProblems } from '@typernetes/process';
import { argsShapes } from './config-shape.ts';

type Check<Args> = (args: Args, path: string) => FieldProblem[];

/** The problems with the arguments of a plugin; those of unknown plugins are not checked. */
export function argsProblems(plugin: string, args: Record<string, unknown>, path: string): FieldProblem[] {
  const shape = argsShapes[plugin];
  if (!shape) return [];
  const misshapen = shapeProblems(args, shape);
  if (misshapen.length > 0)
    return misshapen.map((problem) => invalidValue(path, args, `strict decoding error: ${problem}`));
  if (args.kind !== undefined && args.kind !== `${plugin}Args`)
    return [invalidValue(path, args, 'has to match plugin args')];
  return (checks[plugin] as Check<object> | undefined)?.(args, path) ?? [];
}

const preemption: Check<DefaultPreemptionArgs> = (args, path) => {
  const { minCandidateNodesPercentage: percentage = 0, minCandidateNodesAbsolute: absolute = 0 } = args;
  const problems: FieldProblem[] = [];
  const [percentagePath, absolutePath] = [`${path}.minCandidateNodesPercentage`, `${path}.minCandidateNodesAbsolute`];
  if (percentage < 0 || percentage > 100)
    problems.push(invalidValue(percentagePath, percentage, 'not in valid range [0, 100]'));
  if (absolute < 0) problems.push(invalidValue(absolutePath, absolute, 'not in valid range [0, inf)'));
  if (percentage === 0 && absolute === 0)
    problems.push(
      invalidValue(percentagePath, percentage, 'cannot be zero at the same time as minCandidateNodesAbsolute'),
      invalidValue(absolutePath, absolute, 'cannot be zero at the same time as minCandidateNodesPercentage'),
    );
  return problems;
};

const affinity: Check<InterPodAffinityArgs> = ({ hardPodAffinityWeight: weight = 0 }, path) =>
  weight < 0 || weight > 100
    ? [invalidValue(`${path}.hardPodAffinityWeight`, weight, 'not in valid range [0, 100]')]
    : [];

const nodeAffinity: Check<NodeAffinityArgs> = ({ addedAffinity }, path) => {
  const required = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required || required.nodeSelectorTerms?.length) return [];
  const at = `${path}.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  return [requiredValue(at, 'must have at least one node selector term')];
};

const balanced: Check<NodeResourcesBalancedAllocationArgs> = ({ resources = [] }, path) => {
  const names = resources.map(({ name }) => name);
  return resources.flatMap(({ name, weight }, i) => {
    const at = indexPath(`${path}.resources`, i);
    return [
      ...(names.indexOf(name) < i ? [duplicateValue(`${at}.name`, name)] : []),
      ...(weight === 1 ? [] : [invalidValue(`${at}.weight`, weight, 'must be 1')]),
    ];
  });
};

const strategies = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'];

const fit: Check<NodeResourcesFitArgs> = (args, path) => {
  const labelProblems = (value: string, at: string): FieldProblem[] =>
    qualifiedNameProblems(value).map((problem) => invalidValue(at, value, problem));
  const problems = [
    ...(args.ignoredResources ?? []).flatMap((name, i) =>
      labelProblems(name, indexPath(`${path}.ignoredResources`, i)),
    ),
    ...(args.ignoredResourceGroups ?? []).flatMap((group, i) => {
      const at = indexPath(`${path}.ignoredResourceGroups`, i);
      const slash = group.includes('/') ? [invalidValue(at, group, "resource group name can't contain '/'")] : [];
      return [...slash, ...labelProblems(group, at)];
    }),
  ];
  const at = `${path}.scoringStrategy`;
  const strategy = args.scoringStrategy;
  if (!strategy) return [...problems, requiredValue(at, 'ScoringStrategy field is required')];
  if (!strategies.includes(strategy.type ?? ''))
    problems.push(unsupportedValue(`${at}.type`, strategy.type ?? '', strategies));
  problems.push(...resourceProblems(strategy.resources, `${at}.resources`));
  const ratioPath = `${at}.requestedToCapacityRatio`;
  if (strategy.type === 'RequestedToCapacityRatio') {
    if (!strategy.requestedToCapacityRatio)
      problems.push(requiredValue(ratioPath, 'must be specified when type is RequestedToCapacityRatio'));
    else problems.push(...shapeFunctionProblems(strategy.requestedToCapacityRatio.shape, `${ratioPath}.shape`));
  } else if (strategy.requestedToCapacityRatio)
    problems.push(forbiddenValue(ratioPath, 'must be nil when type is not RequestedToCapacityRatio'));
  return problems;
};

function resourceProblems(resources: readonly ResourceSpec[] | undefined, path: string): FieldProblem[] {
  return (resources ?? []).flatMap(({ name, weight = 0 }, i) =>
    weight <= 0 || weight > 100
      ? [invalidValue(`${indexPath(path, i)}.weight`, weight, `resource weight of ${name} not in valid range (0, 100]`)]
      : [],
  );
}

function shapeFunctionProblems(shape: readonly UtilizationShapePoint[] | undefined, path: string): FieldProblem[] {
  if (!shape?.length) return [requiredValue(path, 'at least one point must be specified')];
  const problems: FieldProblem[] = [];
  const falling = shape.findIndex((point, i) => i > 0 && (shape[i - 1]?.utilization ?? 0) >= point.utilization);
  if (falling > 0)
    problems.push(
      invalidValue(
        `${indexPath(path, falling)}.utilization`,
        shape[falling]?.utilization,
        'values must be sorted in increasing order',
      ),
    );
  for (const [i, { utilization, score }] of shape.entries()) {
    const at = indexPath(path, i);
    if (utilization < 0 || utilization > 100)
      problems.push(invalidValue(`${at}.utilization`, utilization, 'not in valid range [0, 100]'));
    if (score < 0 || score > 10) problems.push(invalidValue(`${at}.score`, score, 'not in valid range [0, 10]'));
  }
  return problems;
}

const spread: Check<PodTopologySpreadArgs> = ({ defaultingType = '', defaultConstraints = [] }, path) => {
  const problems: FieldProblem[] = [];
  const typePath = `${path}.defaultingType`;
  if (defaultingType !== 'System' && defaultingType !== 'List')
    problems.push(unsupportedValue(typePath, defaultingType, ['System', 'List']));
  else if (defaultingType === 'System' && defaultConstraints.length > 0)
    problems.push(invalidValue(typePath, defaultingType, 'when .defaultConstraints are not empty'));
  const all = `${path}.defaultConstraints`;
  for (const [i, constraint] of defaultConstraints.entries()) {
    problems.push(...constraintProblems(constraint, indexPath(all, i)));
    const { topologyKey, whenUnsatisfiable } = constraint;
    const same = (other: TopologySpreadConstraint): boolean =>
      other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable;
    if (defaultConstraints.findIndex(same) < i)
      problems.push(duplicateValue(indexPath(all, i), `{${topologyKey}, ${whenUnsatisfiable}}`));
  }
  return problems;
};

function constraintProblems(constraint: TopologySpreadConstraint, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { maxSkew, topologyKey, whenUnsatisfiable, labelSelector } = constraint;
  if (!(maxSkew > 0)) problems.push(invalidValue(`${path}.maxSkew`, maxSkew ?? 0, 'not in valid range (0, inf)'));
  if (!topologyKey) problems.push(requiredValue(`${path}.topologyKey`, 'can not be empty'));
  else
    for (const problem of qualifiedNameProblems(topologyKey))
      problems.push(invalidValue(`${path}.topologyKey`, topologyKey, problem));
  if (!whenUnsatisfiable) problems.push(requiredValue(`${path}.whenUnsatisfiable`, 'can not be empty'));
  else if (whenUnsatisfiable !== 'DoNotSchedule' && whenUnsatisfiable !== 'ScheduleAnyway')
    problems.push(
      unsupportedValue(`${path}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']),
    );
  if (labelSelector)
    problems.push(
      forbiddenValue(`${path}.labelSelector`, 'constraint must not define a selector, as they deduced for each pod'),
    );
  return problems;
}

const volumes: Check<VolumeBindingArgs> = ({ bindTimeoutSeconds = 0, shape }, path) => [
  ...(bindTimeoutSeconds < 0
    ? [
        invalidValue(
          `${path}.bindTimeoutSeconds`,
          bindTimeoutSeconds,
          'invalid BindTimeoutSeconds, should not be a negative value',
        ),
      ]
    : []),
  ...(shape
    ? [
        invalidValue(
          `${path}.shape`,
          shape,
          'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring',
        ),
      ]
    : []),
];

const dynamicResources: Check<DynamicResourcesArgs> = ({ filterTimeout, bindingTimeout }, path) => [
  ...(filterTimeout !== undefined && parseDuration(filterTimeout) < 0
    ? [invalidValue(`${path}.filterTimeout`, filterTimeout, 'must be zero or positive')]
    : []),
  ...(bindingTimeout !== undefined && parseDuration(bindingTimeout) < 1000
    ? [invalidValue(`${path}.bindingTimeout`, bindingTimeout, 'must be at least 1 second')]
    : []),
];

const checks: Readonly<Record<string, unknown>> = {
  DefaultPreemption: preemption,
  DynamicResources: dynamicResources,
  InterPodAffinity: affinity,
  NodeAffinity: nodeAffinity,
  NodeResourcesBalancedAllocation: balanced,
  NodeResourcesFit: fit,
  PodTopologySpread: spread,
  VolumeBinding: volumes,
};
