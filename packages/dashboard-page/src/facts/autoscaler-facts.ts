import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from '@typernetes/api/autoscaling/v2';

/** A metric that an autoscaler goes by. */
interface AutoscalerMetric {
  readonly what: string;
  /** `unknown` until it has been read. */
  readonly now: string;
  readonly aim: string;
}

interface Value {
  readonly averageUtilization?: number;
  readonly averageValue?: unknown;
  readonly value?: unknown;
}

/** As `kubectl describe` says it: a share of what is asked for, a value for each pod, or one of all. */
function textOf({ averageUtilization, averageValue, value }: Value = {}): string {
  if (averageUtilization !== undefined)
    return `${averageUtilization} % of what is asked for${averageValue === undefined ? '' : ` (${averageValue} each)`}`;
  if (averageValue !== undefined) return `${averageValue} each`;
  return value === undefined ? 'unknown' : String(value);
}

function whatOf({ resource, containerResource, pods, object, external }: MetricSpec | MetricStatus): string {
  if (resource) return resource.name ?? '';
  if (containerResource) return `${containerResource.name} of container ${containerResource.container}`;
  if (pods) return `${pods.metric?.name} of pods`;
  if (object) return `${object.metric?.name} of ${object.describedObject?.kind} ${object.describedObject?.name}`;
  return `${external?.metric?.name} from outside`;
}

type Kind = 'resource' | 'containerResource' | 'pods' | 'object' | 'external';
const kinds: readonly Kind[] = ['resource', 'containerResource', 'pods', 'object', 'external'];
const sourceOf = (metric: MetricSpec | MetricStatus): { readonly target?: Value; readonly current?: Value } =>
  kinds.map((kind) => metric[kind]).find((one) => one !== undefined) ?? {};

export function metricsOf({ spec, status }: HorizontalPodAutoscaler): readonly AutoscalerMetric[] {
  const current = new Map((status?.currentMetrics ?? []).map((one) => [whatOf(one), sourceOf(one).current]));
  return (spec?.metrics ?? []).map((metric) => {
    const what = whatOf(metric);
    return { what, now: textOf(current.get(what)), aim: textOf(sourceOf(metric).target) };
  });
}
