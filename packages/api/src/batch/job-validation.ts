import {
  type FieldProblem,
  invalidValue,
  jsonEqual,
  keyPath,
  labelNameProblems,
  requiredValue,
  selectorFromObject,
  tooLong,
  unsupportedValue,
} from '@typernetes/machinery';
import { podTemplateProblems } from '../core/pod-validation.ts';
import { domainPathProblems } from '../meta/domain-path.ts';
import { immutableDetail, notNegative, oneOf, type Problems } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import { podFailurePolicyProblems } from './pod-failure-policy-validation.ts';
import { successPolicyProblems } from './success-policy-validation.ts';
import type { Job, JobSpec } from './v1.gen.ts';

const maxIndexedParallelism = 100_000;
const maxManagerBytes = 63;
const manyIndexes = 100_000;
const fewIndexes = 10_000;

export function validateJob(job: Job): FieldProblem[] {
  return [...jobProblems(job)];
}

function* jobProblems(job: Job, stored?: Job): Problems {
  yield* generatedProblems(job, stored);
  yield* selectorProblems(job.spec);
  yield* jobSpecProblems(job.spec, 'spec');
  yield* indexedNameProblems(job);
}

/** Jobs of old releases have no labels with this prefix. */
const prefix = 'batch.kubernetes.io/';

/** The labels and the selector of a job's pods are generated; one that selects more or fewer pods is refused. */
function* generatedProblems({ metadata: { name, uid }, spec }: Job, stored?: Job): Problems {
  if (spec.manualSelector || !spec.selector) return;
  const given = spec.template.metadata?.labels;
  const plain: Readonly<Record<string, string>> = { 'controller-uid': uid, 'job-name': name };
  const before = stored?.spec.template.metadata?.labels;
  const isOld = stored !== undefined && !Object.keys(plain).some((key) => before?.[`${prefix}${key}`] !== undefined);
  const prefixed = isOld ? [] : Object.entries(plain).map(([key, value]) => [`${prefix}${key}`, value]);
  const labels: Readonly<Record<string, string>> = { ...plain, ...Object.fromEntries(prefixed) };
  for (const [key, wanted] of Object.entries(labels)) {
    const at = keyPath('spec.template.metadata.labels', key);
    if (given?.[key] === undefined) yield requiredValue(at, `must be '${wanted}'`);
    else if (given[key] !== wanted) yield invalidValue(at, given, `must be '${wanted}'`);
  }
  const isSelector = [...labelSelectorProblems(spec.selector, '')].length === 0;
  if (isSelector && !selectorFromObject(spec.selector).matches(labels))
    yield invalidValue('spec.selector', spec.selector, '`selector` not auto-generated');
}

/** Rules for the spec of a job, or of a template's jobs. */
export function* jobSpecProblems(spec: JobSpec, at: string): Problems {
  for (const field of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const) {
    yield* notNegative(spec[field], `${at}.${field}`);
  }
  if (spec.maxFailedIndexes != null && spec.backoffLimitPerIndex == null) {
    yield requiredValue(`${at}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified');
  }
  if (spec.managedBy != null) {
    yield* domainPathProblems(spec.managedBy, `${at}.managedBy`);
    if (spec.managedBy.length > maxManagerBytes) yield tooLong(`${at}.managedBy`, maxManagerBytes);
  }
  yield* completionProblems(spec, at);
  yield* oneOf(spec.podReplacementPolicy, {
    at: `${at}.podReplacementPolicy`,
    of: spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'],
  });
  yield* podTemplateProblems(spec.template, `${at}.template`);
  yield* restartProblems(spec, `${at}.template.spec.restartPolicy`);
  if (spec.podFailurePolicy) yield* podFailurePolicyProblems(spec, `${at}.podFailurePolicy`);
  if (spec.successPolicy) yield* successPolicyProblems(spec, `${at}.successPolicy`);
}

function* completionProblems(spec: JobSpec, at: string): Problems {
  yield* oneOf(spec.completionMode, { at: `${at}.completionMode`, of: ['NonIndexed', 'Indexed'] });
  if (spec.completionMode === 'Indexed') {
    if (spec.completions == null) yield requiredValue(`${at}.completions`, 'when completion mode is Indexed');
    if ((spec.parallelism ?? 0) > maxIndexedParallelism) {
      const detail = `must be less than or equal to ${maxIndexedParallelism} when completion mode is Indexed`;
      yield invalidValue(`${at}.parallelism`, spec.parallelism, detail);
    }
    if (spec.completions != null && (spec.maxFailedIndexes ?? 0) > spec.completions) {
      yield invalidValue(`${at}.maxFailedIndexes`, spec.maxFailedIndexes, 'must be less than or equal to completions');
    }
    yield* manyIndexesProblems(spec, at);
    return;
  }
  for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy'] as const) {
    if (spec[field] != null) yield invalidValue(`${at}.${field}`, spec[field], 'requires indexed completion mode');
  }
}

/** A job with very many indexes and a limit per index must limit parallelism and failed indexes. */
function* manyIndexesProblems(spec: JobSpec, at: string): Problems {
  const { completions, parallelism = 0, backoffLimitPerIndex, maxFailedIndexes } = spec;
  const failures = `${at}.maxFailedIndexes`;
  if ((maxFailedIndexes ?? 0) > manyIndexes)
    yield invalidValue(failures, maxFailedIndexes, `must be less than or equal to ${manyIndexes}`);
  if ((completions ?? 0) <= manyIndexes || backoffLimitPerIndex == null) return;
  if (maxFailedIndexes == null)
    yield requiredValue(failures, `must be specified when completions is above ${manyIndexes}`);
  const detail = `must be less than or equal to ${fewIndexes} when completions are above ${manyIndexes} and used with backoff limit per index`;
  if (parallelism > fewIndexes) yield invalidValue(`${at}.parallelism`, parallelism, detail);
  if ((maxFailedIndexes ?? 0) > fewIndexes) yield invalidValue(failures, maxFailedIndexes, detail);
}

function* restartProblems({ template, podFailurePolicy }: JobSpec, at: string): Problems {
  const policy = template?.spec?.restartPolicy;
  if (!policy || policy === 'Always') yield requiredValue(at, 'valid values: "OnFailure", "Never"');
  else if (policy !== 'OnFailure' && policy !== 'Never') yield unsupportedValue(at, policy, ['OnFailure', 'Never']);
  else if (podFailurePolicy && policy !== 'Never') {
    yield invalidValue(at, policy, 'only "Never" is supported when podFailurePolicy is specified');
  }
}

function* selectorProblems({ selector, template }: JobSpec): Problems {
  if (!selector) yield requiredValue('spec.selector');
  const wrong = selector ? [...labelSelectorProblems(selector, 'spec.selector')] : [];
  yield* wrong;
  const labels = template?.metadata?.labels;
  if (wrong.length === 0 && !(selector && selectorFromObject(selector).matches(labels ?? {}))) {
    yield invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
  }
}

/** Pods of an indexed job have a host name made of its name and their index. */
function* indexedNameProblems({ metadata, spec }: Job): Problems {
  if (spec.completionMode !== 'Indexed' || !spec.completions || spec.completions < 0) return;
  const last = `${metadata.name}-${spec.completions - 1}`;
  if (labelNameProblems(last).length > 0) {
    const detail = `will not able to create pod with invalid DNS label: ${last}`;
    yield invalidValue('metadata.name', metadata.name, detail);
  }
}

const pinned = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const;

export function validateJobUpdate(next: Job, current: Job): FieldProblem[] {
  return [...jobProblems(next, current), ...updateProblems(next, current)];
}

function* updateProblems({ spec: next }: Job, { spec: current, status }: Job): Problems {
  if (next.completions !== current.completions) {
    if (current.completionMode !== 'Indexed') yield invalidValue('spec.completions', next.completions, immutableDetail);
    else if (next.completions !== next.parallelism) {
      const detail = 'can only be modified in tandem with spec.parallelism';
      yield invalidValue('spec.completions', next.completions, detail);
    }
  }
  for (const field of pinned) {
    if (!jsonEqual(next[field], current[field])) yield invalidValue(`spec.${field}`, next[field], immutableDetail);
  }
  const mayMove = current.suspend === true && (status?.startTime == null || (status.active ?? 0) === 0);
  const template = mayMove ? withPlacementOf(next.template, current.template) : next.template;
  if (!jsonEqual(template, current.template)) yield invalidValue('spec.template', next.template, immutableDetail);
}

type Template = JobSpec['template'];

/** The scheduling directives of a suspended job may change. */
function withPlacementOf(next: Template, current: Template): Template {
  if (!next.spec || !current.spec) return next;
  const { nodeSelector, affinity, tolerations, schedulingGates } = current.spec;
  const sized = (to: typeof next.spec.containers | undefined, from: typeof next.spec.containers | undefined) =>
    to?.map((container, i) => ({ ...container, resources: from?.[i]?.resources }));
  return {
    metadata: current.metadata,
    spec: {
      ...next.spec,
      containers: sized(next.spec.containers, current.spec.containers) ?? [],
      ...(next.spec.initContainers
        ? { initContainers: sized(next.spec.initContainers, current.spec.initContainers) }
        : {}),
      nodeSelector,
      affinity,
      tolerations,
      schedulingGates,
    },
  };
}
