import type { DaemonSet } from '@typernetes/api/apps/v1';
import { validateDaemonSet, validateDaemonSetStatusUpdate, validateDaemonSetUpdate } from '@typernetes/api/validation';
import { podTemplateWarnings } from '@typernetes/api/warnings';
import { badRequest, goQuote, jsonEqual } from '@typernetes/machinery';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

/** Upstream's field of old, which its conversion keeps in an annotation: how often the template has changed. */
const generationAnnotation = 'deprecated.daemonset.template.generation';

/** Zero if unset. Throws BadRequest if it is not a number. */
function templateGeneration({ metadata }: DaemonSet): number {
  const text = metadata.annotations?.[generationAnnotation];
  if (text === undefined) return 0;
  if (!/^[+-]?\d+$/.test(text))
    throw badRequest(
      `DaemonSet in version "v1" cannot be handled as a DaemonSet: strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`,
    );
  return Number(text);
}

function setTemplateGeneration({ metadata }: DaemonSet, generation: number): void {
  metadata.annotations = { ...metadata.annotations, [generationAnnotation]: String(generation) };
}

export const daemonSetStrategy: Strategy<DaemonSet> = {
  // Always written, even as unset, so that the writer owns the field.
  normalize: (next) => setTemplateGeneration(next, templateGeneration(next)),
  prepareForCreate(next) {
    next.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
    setTemplateGeneration(next, Math.max(templateGeneration(next), 1));
  },
  prepareForUpdate(next, current) {
    keepStatus(next, current);
    const before = templateGeneration(current);
    setTemplateGeneration(next, jsonEqual(next.spec.template, current.spec.template) ? before : before + 1);
  },
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  warningsOnCreate: ({ spec }) => podTemplateWarnings(spec.template, 'spec.template'),
  warningsOnUpdate: ({ metadata, spec }, current) =>
    metadata.generation === current.metadata.generation ? [] : podTemplateWarnings(spec.template, 'spec.template'),
  resetFields: ['status'],
};

export const daemonSetStatusStrategy: Strategy<DaemonSet> = {
  ...daemonSetStrategy,
  prepareForUpdate(next, current) {
    keepSpec(next, current);
    setTemplateGeneration(next, templateGeneration(current));
  },
  validateUpdate: validateDaemonSetStatusUpdate,
  resetFields: ['spec'],
};
