import type { MetricStatus as V1 } from '@typernetes/api/autoscaling/v1';
import type { MetricStatus, MetricValueStatus } from '@typernetes/api/autoscaling/v2';

/** What was measured as the annotation of autoscaling/v1 holds it: values are flat fields, and 0 where they have to be there. */
export type V1MetricStatus = V1;

export function metricStatusToV1(metric: MetricStatus): V1MetricStatus {
  const { type, object, pods, resource, containerResource, external } = metric;
  return {
    type: type as V1MetricStatus['type'],
    ...(object
      ? {
          object: {
            target: object.describedObject,
            metricName: object.metric.name,
            currentValue: object.current.value ?? '0',
            ...(object.metric.selector ? { selector: object.metric.selector } : {}),
            ...(object.current.averageValue == null ? {} : { averageValue: object.current.averageValue }),
          },
        }
      : {}),
    ...(pods
      ? {
          pods: {
            metricName: pods.metric.name,
            currentAverageValue: pods.current.averageValue ?? '0',
            ...(pods.metric.selector ? { selector: pods.metric.selector } : {}),
          },
        }
      : {}),
    ...(resource ? { resource: { name: resource.name, ...flatAverages(resource.current) } } : {}),
    ...(containerResource
      ? {
          containerResource: {
            name: containerResource.name,
            ...flatAverages(containerResource.current),
            container: containerResource.container,
          },
        }
      : {}),
    ...(external
      ? {
          external: {
            metricName: external.metric.name,
            ...(external.metric.selector ? { metricSelector: external.metric.selector } : {}),
            currentValue: external.current.value ?? '0',
            ...(external.current.averageValue == null ? {} : { currentAverageValue: external.current.averageValue }),
          },
        }
      : {}),
  };
}

export function metricStatusFromV1(metric: V1MetricStatus): MetricStatus {
  const { type, object, pods, resource, containerResource, external } = metric;
  return {
    type,
    ...(object
      ? {
          object: {
            metric: identifier(object.metricName, object.selector),
            current: valued(object.currentValue, object.averageValue),
            describedObject: object.target,
          },
        }
      : {}),
    ...(pods
      ? {
          pods: {
            metric: identifier(pods.metricName, pods.selector),
            current: { averageValue: pods.currentAverageValue ?? '0' },
          },
        }
      : {}),
    ...(resource ? { resource: { name: resource.name, current: averaged(resource) } } : {}),
    ...(containerResource
      ? {
          containerResource: {
            name: containerResource.name,
            container: containerResource.container,
            current: averaged(containerResource),
          },
        }
      : {}),
    ...(external
      ? {
          external: {
            metric: identifier(external.metricName, external.metricSelector),
            current: valued(external.currentValue, external.currentAverageValue),
          },
        }
      : {}),
  };
}

type Selector = NonNullable<V1['pods']>['selector'];
type Averages = Omit<NonNullable<V1['resource']>, 'name'>;

const identifier = (name: string, selector: Selector) => ({ name, ...(selector ? { selector } : {}) });

const flatAverages = ({ averageUtilization, averageValue }: MetricValueStatus): Averages => ({
  ...(averageUtilization == null ? {} : { currentAverageUtilization: averageUtilization }),
  currentAverageValue: averageValue ?? '0',
});

const averaged = ({ currentAverageUtilization, currentAverageValue }: Partial<Averages>): MetricValueStatus => ({
  averageValue: currentAverageValue ?? '0',
  ...(currentAverageUtilization == null ? {} : { averageUtilization: currentAverageUtilization }),
});

const valued = (value: string | undefined, averageValue: string | undefined): MetricValueStatus => ({
  value: value ?? '0',
  ...(averageValue == null ? {} : { averageValue }),
});
