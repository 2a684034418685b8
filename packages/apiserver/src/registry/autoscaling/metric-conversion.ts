import type { MetricSpec as V1Spec, MetricStatus as V1Status } from '@typernetes/api/autoscaling/v1';
import type {
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '@typernetes/api/autoscaling/v2';

/**
 * A metric in the annotations of autoscaling/v1: the target (`V1Metric`) and the current value (`V1MetricStatus`) are
 * flat fields beside the metric's source; required ones are 0 if unset.
 */
export type V1Metric = V1Spec;
export type V1MetricStatus = V1Status;

export const metricToV1 = (metric: MetricSpec): V1Metric => converted(metric, specToV1);
export const metricFromV1 = (metric: V1Metric): MetricSpec => converted(metric, specFromV1);
export const metricStatusToV1 = (metric: MetricStatus): V1MetricStatus => converted(metric, statusToV1);
export const metricStatusFromV1 = (metric: V1MetricStatus): MetricStatus => converted(metric, statusFromV1);

type Source = 'object' | 'pods' | 'resource' | 'containerResource' | 'external';
type Metric = { readonly type: string } & { readonly [K in Source]?: object };
/** The conversions by source type. */
type Conversion<From extends Metric, To extends Metric> = {
  readonly [K in Source]: (source: NonNullable<From[K]>) => NonNullable<To[K]>;
};

function converted<From extends Metric, To extends Metric>(metric: From, conversion: Conversion<From, To>): To {
  const sources = (Object.keys(conversion) as Source[]).flatMap((name) => {
    const source = metric[name];
    return source == null ? [] : [[name, conversion[name](source as NonNullable<From[Source]>)] as const];
  });
  return { type: metric.type, ...Object.fromEntries(sources) } as unknown as To;
}

const specToV1: Conversion<MetricSpec, V1Metric> = {
  object: ({ describedObject, metric, target }) => ({
    target: describedObject,
    metricName: metric.name,
    targetValue: target.value ?? '0',
    ...given({ selector: metric.selector, averageValue: target.averageValue }),
  }),
  pods: ({ metric, target }) => ({
    metricName: metric.name,
    targetAverageValue: target.averageValue ?? '0',
    ...given({ selector: metric.selector }),
  }),
  resource: ({ name, target }) => ({ name, ...flatTarget(target) }),
  containerResource: ({ name, container, target }) => ({ name, container, ...flatTarget(target) }),
  external: ({ metric, target }) => ({
    metricName: metric.name,
    ...given({
      metricSelector: metric.selector,
      targetValue: target.value,
      targetAverageValue: target.averageValue,
    }),
  }),
};

const specFromV1: Conversion<V1Metric, MetricSpec> = {
  object: ({ target, metricName, selector, targetValue, averageValue }) => ({
    describedObject: target,
    metric: identifier(metricName, selector),
    target: amount(targetValue, averageValue),
  }),
  pods: ({ metricName, selector, targetAverageValue }) => ({
    metric: identifier(metricName, selector),
    target: { type: 'AverageValue', averageValue: targetAverageValue },
  }),
  resource: ({ name, ...flat }) => ({ name, target: resourceTarget(flat) }),
  containerResource: ({ name, container, ...flat }) => ({ name, container, target: resourceTarget(flat) }),
  external: ({ metricName, metricSelector, targetValue, targetAverageValue }) => ({
    metric: identifier(metricName, metricSelector),
    target: amount(targetValue, targetAverageValue),
  }),
};

const statusToV1: Conversion<MetricStatus, V1MetricStatus> = {
  object: ({ describedObject, metric, current }) => ({
    target: describedObject,
    metricName: metric.name,
    currentValue: current.value ?? '0',
    ...given({ selector: metric.selector, averageValue: current.averageValue }),
  }),
  pods: ({ metric, current }) => ({
    metricName: metric.name,
    currentAverageValue: current.averageValue ?? '0',
    ...given({ selector: metric.selector }),
  }),
  resource: ({ name, current }) => ({ name, ...flatAverages(current) }),
  containerResource: ({ name, container, current }) => ({ name, ...flatAverages(current), container }),
  external: ({ metric, current }) => ({
    metricName: metric.name,
    ...given({ metricSelector: metric.selector }),
    currentValue: current.value ?? '0',
    ...given({ currentAverageValue: current.averageValue }),
  }),
};

const statusFromV1: Conversion<V1MetricStatus, MetricStatus> = {
  object: ({ target, metricName, selector, currentValue, averageValue }) => ({
    metric: identifier(metricName, selector),
    current: { value: currentValue ?? '0', ...given({ averageValue }) },
    describedObject: target,
  }),
  pods: ({ metricName, selector, currentAverageValue }) => ({
    metric: identifier(metricName, selector),
    current: { averageValue: currentAverageValue ?? '0' },
  }),
  resource: ({ name, ...flat }) => ({ name, current: averages(flat) }),
  containerResource: ({ name, container, ...flat }) => ({ name, container, current: averages(flat) }),
  external: ({ metricName, metricSelector, currentValue, currentAverageValue }) => ({
    metric: identifier(metricName, metricSelector),
    current: { value: currentValue ?? '0', ...given({ averageValue: currentAverageValue }) },
  }),
};

/** The fields that are set. */
function given<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as never;
}

const identifier = (name: string, selector: MetricIdentifier['selector']): MetricIdentifier => ({
  name,
  ...given({ selector }),
});

type FlatTarget = Omit<NonNullable<V1Spec['resource']>, 'name'>;
type FlatAverages = Omit<NonNullable<V1Status['resource']>, 'name'>;

const flatTarget = ({ averageUtilization, averageValue }: MetricTarget): FlatTarget =>
  given({ targetAverageUtilization: averageUtilization, targetAverageValue: averageValue });

const resourceTarget = ({ targetAverageUtilization, targetAverageValue }: FlatTarget): MetricTarget =>
  targetAverageUtilization == null
    ? { type: 'AverageValue', ...given({ averageValue: targetAverageValue }) }
    : { type: 'Utilization', averageUtilization: targetAverageUtilization };

const flatAverages = ({ averageUtilization, averageValue }: MetricValueStatus): FlatAverages => ({
  ...given({ currentAverageUtilization: averageUtilization }),
  currentAverageValue: averageValue ?? '0',
});

const averages = ({ currentAverageUtilization, currentAverageValue }: Partial<FlatAverages>): MetricValueStatus => ({
  averageValue: currentAverageValue ?? '0',
  ...given({ averageUtilization: currentAverageUtilization }),
});

const amount = (value: string | undefined, averageValue: string | undefined): MetricTarget =>
  averageValue == null ? { type: 'Value', ...given({ value }) } : { type: 'AverageValue', averageValue };
