import type {
  MetricSpec as MetricSpecV1,
  ExternalMetricSource as V1External,
  ObjectMetricSource as V1Object,
  ResourceMetricSource as V1Resource,
} from '@typernetes/api/autoscaling/v1';
import type { MetricSpec, MetricTarget } from '@typernetes/api/autoscaling/v2';

/** A metric as the annotation of autoscaling/v1 holds it: targets are flat fields. */
export type V1Metric = MetricSpecV1;

export function metricToV1(metric: MetricSpec): V1Metric {
  const { type, object, pods, resource, containerResource, external } = metric;
  return {
    type: type as V1Metric['type'],
    ...(object ? { object: objectToV1(object) } : {}),
    ...(pods
      ? {
          pods: {
            metricName: pods.metric.name,
            targetAverageValue: pods.target.averageValue ?? '0',
            ...(pods.metric.selector ? { selector: pods.metric.selector } : {}),
          },
        }
      : {}),
    ...(resource ? { resource: { name: resource.name, ...flatTarget(resource.target) } } : {}),
    ...(containerResource
      ? {
          containerResource: {
            name: containerResource.name,
            container: containerResource.container,
            ...flatTarget(containerResource.target),
          },
        }
      : {}),
    ...(external ? { external: externalToV1(external) } : {}),
  };
}

export function metricFromV1(metric: V1Metric): MetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric;
  return {
    type,
    ...(object
      ? {
          object: {
            describedObject: object.target,
            metric: identifier(object.metricName, object.selector),
            target: amount(object.targetValue, object.averageValue),
          },
        }
      : {}),
    ...(pods
      ? {
          pods: {
            metric: identifier(pods.metricName, pods.selector),
            target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
          },
        }
      : {}),
    ...(resource ? { resource: { name: resource.name, target: resourceTarget(resource) } } : {}),
    ...(containerResource
      ? {
          containerResource: {
            name: containerResource.name,
            container: containerResource.container,
            target: resourceTarget(containerResource),
          },
        }
      : {}),
    ...(external
      ? {
          external: {
            metric: identifier(external.metricName, external.metricSelector),
            target: amount(external.targetValue, external.targetAverageValue),
          },
        }
      : {}),
  };
}

type Selector = V1Object['selector'];

const identifier = (name: string, selector: Selector) => ({ name, ...(selector ? { selector } : {}) });

function objectToV1({ describedObject, metric, target }: NonNullable<MetricSpec['object']>): V1Object {
  return {
    target: describedObject,
    metricName: metric.name,
    targetValue: target.value ?? '0',
    ...(metric.selector ? { selector: metric.selector } : {}),
    ...(target.averageValue == null ? {} : { averageValue: target.averageValue }),
  };
}

function externalToV1({ metric, target }: NonNullable<MetricSpec['external']>): V1External {
  return {
    metricName: metric.name,
    ...(metric.selector ? { metricSelector: metric.selector } : {}),
    ...(target.value == null ? {} : { targetValue: target.value }),
    ...(target.averageValue == null ? {} : { targetAverageValue: target.averageValue }),
  };
}

function flatTarget({ averageUtilization, averageValue }: MetricTarget): Omit<V1Resource, 'name'> {
  return {
    ...(averageUtilization == null ? {} : { targetAverageUtilization: averageUtilization }),
    ...(averageValue == null ? {} : { targetAverageValue: averageValue }),
  };
}

function resourceTarget({ targetAverageUtilization, targetAverageValue }: Omit<V1Resource, 'name'>): MetricTarget {
  return targetAverageUtilization == null
    ? { type: 'AverageValue', ...(targetAverageValue == null ? {} : { averageValue: targetAverageValue }) }
    : { type: 'Utilization', averageUtilization: targetAverageUtilization };
}

function amount(value: string | undefined, averageValue: string | undefined): MetricTarget {
  return averageValue == null
    ? { type: 'Value', ...(value == null ? {} : { value }) }
    : { type: 'AverageValue', averageValue };
}
