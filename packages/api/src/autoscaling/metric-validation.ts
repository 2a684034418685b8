import { forbiddenValue, invalidValue, pathSegmentProblems, requiredValue } from '@typernetes/machinery';
import { quantityOf } from '../core/resources-validation.ts';
import { oneOf, type Problems, wellFormed } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import type { MetricIdentifier, MetricSpec, MetricTarget } from './v2.gen.ts';

/** The types of metrics, each with the field that it requires. */
const sources = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const;

type Source = (typeof sources)[keyof typeof sources];

/** Rules for one metric and its target. */
export function* metricProblems(metric: MetricSpec, at: string, allows: Allows): Problems {
  const { type } = metric;
  if (!type) yield requiredValue(`${at}.type`, 'must specify a metric source type');
  yield* oneOf(type ?? '', { at: `${at}.type`, of: Object.keys(sources) });
  const wanted: Source | undefined = sources[type as keyof typeof sources];
  for (const source of Object.values(sources)) {
    if (metric[source]) {
      yield* checks[source](metric, `${at}.${source}`, allows);
      if (wanted && source !== wanted) {
        yield forbiddenValue(`${at}.${source}`, 'must populate the given metric source only');
      }
    } else if (source === wanted) {
      yield requiredValue(`${at}.${source}`, 'must populate information for the given metric source');
    }
  }
}

interface Allows {
  /** Invalid API versions are accepted, because some were stored before the check existed. */
  readonly anyVersion: boolean;
}

export const isWrongVersion = (apiVersion: string | undefined): boolean => (apiVersion?.split('/').length ?? 0) > 2;

export function* versionProblems(apiVersion: string | undefined, at: string): Problems {
  if (isWrongVersion(apiVersion))
    yield invalidValue(`${at}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
}

const checks: Readonly<Record<Source, (metric: MetricSpec, at: string, allows: Allows) => Problems>> = {
  *object({ object }, at, { anyVersion }) {
    if (!object) return;
    const { kind, name, apiVersion } = object.describedObject ?? {};
    yield* wellFormed(kind, { at: `${at}.describedObject.kind`, by: pathSegmentProblems, required: true });
    yield* wellFormed(name, { at: `${at}.describedObject.name`, by: pathSegmentProblems, required: true });
    if (!anyVersion) yield* versionProblems(apiVersion, `${at}.describedObject`);
    yield* identifierProblems(object.metric, `${at}.metric`);
    yield* targetProblems(object.target, `${at}.target`);
    if (object.target?.value == null && object.target?.averageValue == null) {
      yield requiredValue(`${at}.target.averageValue`, 'must set either a target value or averageValue');
    }
  },
  *pods({ pods }, at) {
    if (!pods) return;
    yield* identifierProblems(pods.metric, `${at}.metric`);
    yield* targetProblems(pods.target, `${at}.target`);
    const average = pods.target?.averageValue;
    if (average == null || !isPositive(average)) {
      yield requiredValue(`${at}.target.averageValue`, 'must specify a positive target averageValue');
    }
  },
  *external({ external }, at) {
    if (!external) return;
    yield* identifierProblems(external.metric, `${at}.metric`);
    yield* targetProblems(external.target, `${at}.target`);
    const { value, averageValue } = external.target ?? {};
    if (value == null && averageValue == null) {
      const detail = 'must set either a target value for metric or a per-pod target';
      yield requiredValue(`${at}.target.averageValue`, detail);
    }
    if (value != null && averageValue != null) {
      yield forbiddenValue(`${at}.target.value`, 'may not set both a target value for metric and a per-pod target');
    }
  },
  *resource({ resource }, at) {
    if (resource) yield* resourceProblems(resource, at);
  },
  *containerResource({ containerResource }, at) {
    if (!containerResource) return;
    yield* resourceProblems(containerResource, at);
    if (!containerResource.container) yield requiredValue(`${at}.container`, 'must specify a container');
  },
};

function* resourceProblems({ name, target }: { name: string; target: MetricTarget }, at: string): Problems {
  if (!name) yield requiredValue(`${at}.name`, 'must specify a resource name');
  yield* targetProblems(target, `${at}.target`);
  const { averageUtilization, averageValue } = target ?? {};
  if (averageUtilization == null && averageValue == null) {
    const detail = 'must set either a target raw value or a target utilization';
    yield requiredValue(`${at}.target.averageUtilization`, detail);
  }
  if (averageUtilization != null && averageValue != null) {
    const detail = 'may not set both a target raw value and a target utilization';
    yield forbiddenValue(`${at}.target.averageValue`, detail);
  }
}

function* identifierProblems(identifier: MetricIdentifier | undefined, at: string): Problems {
  const { name, selector } = identifier ?? { name: '' };
  if (!name) yield requiredValue(`${at}.name`, 'must specify a metric name');
  else yield* wellFormed(name, { at: `${at}.name`, by: pathSegmentProblems });
  yield* labelSelectorProblems(selector, `${at}.selector`);
}

function* targetProblems(target: MetricTarget | undefined, at: string): Problems {
  const { type, value, averageValue, averageUtilization } = target ?? {};
  if (!type) yield requiredValue(`${at}.type`, 'must specify a metric target type');
  if (!['Utilization', 'Value', 'AverageValue'].includes(type ?? '')) {
    yield invalidValue(`${at}.type`, type ?? '', 'must be either Utilization, Value, or AverageValue');
  }
  if (value != null && !isPositive(value)) yield invalidValue(`${at}.value`, value, 'must be positive');
  if (averageValue != null && !isPositive(averageValue)) {
    yield invalidValue(`${at}.averageValue`, averageValue, 'must be positive');
  }
  if (averageUtilization != null && averageUtilization < 1) {
    yield invalidValue(`${at}.averageUtilization`, averageUtilization, 'must be greater than 0');
  }
}

const isPositive = (text: string): boolean => (quantityOf(text)?.nanos ?? 0n) > 0n;
