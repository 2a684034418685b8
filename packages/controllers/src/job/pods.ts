import { podCondition } from '@typernetes/api';
import { type Job, jobs } from '@typernetes/api/batch/v1';
import type { Container, Pod } from '@typernetes/api/core/v1';
import { type Draft, parseTime } from '@typernetes/machinery';
import { podFromTemplate } from '../pods/from-template.ts';

/** Holds a pod until its end has been counted. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
const indexKey = 'batch.kubernetes.io/job-completion-index';
const failureCountKey = 'batch.kubernetes.io/job-index-failure-count';
const ignoredCountKey = 'batch.kubernetes.io/job-index-ignored-failure-count';

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed';
export const isTracked = ({ metadata }: Pod): boolean => !!metadata.finalizers?.includes(trackingFinalizer);
export const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** The completion index of a pod; undefined when it has none that the job wants. */
export function indexOf(job: Job, { metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexKey] ?? '';
  const index = /^\d+$/.test(text) ? Number(text) : undefined;
  return index !== undefined && index < (job.spec.completions ?? 0) ? index : undefined;
}

/** Whether a replacement has to wait until a pod has really ended. */
export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined;
}

/** Whether the pod counts as failed: it has failed, or it is being deleted and need not be waited for. */
export function hasFailed(job: Job, pod: Pod): boolean {
  const { phase } = pod.status ?? {};
  if (phase === 'Failed') return true;
  return !replacesOnlyFailed(job) && isLeaving(pod) && phase !== 'Succeeded';
}

/** How often earlier pods of the index have failed, without ignored failures. */
export function failuresBefore({ metadata }: Pod): { readonly counted: number; readonly ignored: number } {
  const { annotations } = metadata;
  return { counted: Number(annotations?.[failureCountKey] ?? 0), ignored: Number(annotations?.[ignoredCountKey] ?? 0) };
}

/** When the pod ended, in milliseconds, as precisely as its status says. */
export function finishedAt({ metadata, status, spec }: Pod): number {
  const ends = (status?.containerStatuses ?? []).map(({ state }) => parseTime(state?.terminated?.finishedAt ?? ''));
  if (ends.length > 0 && ends.every((end) => !Number.isNaN(end))) return Math.max(...ends);
  const ready = status && podCondition({ status }, 'Ready');
  if (ready?.status === 'False' && ready.lastTransitionTime) return parseTime(ready.lastTransitionTime);
  if (!metadata.deletionTimestamp) return parseTime(metadata.creationTimestamp);
  const grace = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 0;
  return parseTime(metadata.deletionTimestamp) - Number(grace) * 1000;
}

export interface PodWish {
  /** For Indexed jobs. */
  readonly index?: number;
  /** With backoffLimitPerIndex: how often the index has failed. */
  readonly failures?: { readonly counted: number; readonly ignored: number };
}

export function podFor(job: Job, { index, failures }: PodWish): Draft<Pod> {
  const draft = podFromTemplate(job, jobs, job.spec.template);
  const { metadata, spec } = draft;
  const finalizers = [...new Set([...(metadata.finalizers ?? []), trackingFinalizer])];
  if (index === undefined) return { ...draft, metadata: { ...metadata, finalizers } };
  const counts = failures && {
    [failureCountKey]: String(failures.counted),
    ...(failures.ignored > 0 ? { [ignoredCountKey]: String(failures.ignored) } : {}),
  };
  const suffix = `-${index}-`;
  return {
    metadata: {
      ...metadata,
      generateName: `${job.metadata.name.slice(0, 58 - suffix.length)}${suffix}`,
      annotations: { ...metadata.annotations, [indexKey]: String(index), ...counts },
      labels: { ...metadata.labels, [indexKey]: String(index) },
      finalizers,
    },
    spec: {
      ...spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: spec.containers.map(withIndexVariable),
      ...(spec.initContainers ? { initContainers: spec.initContainers.map(withIndexVariable) } : {}),
    },
  };
}

function withIndexVariable(container: Container): Container {
  const name = 'JOB_COMPLETION_INDEX';
  if (container.env?.some((variable) => variable.name === name)) return container;
  const valueFrom = { fieldRef: { fieldPath: `metadata.labels['${indexKey}']` } };
  return { ...container, env: [...(container.env ?? []), { name, valueFrom }] };
}
