import type { ApiObject, Quantity } from '@typernetes/machinery';
import { addQuantities, quantityOf } from '@typernetes/machinery';
import type { ResourceQuota, ScopedResourceSelectorRequirement } from '../core/v1.gen.ts';

/** Amounts by quota resource name: `pods`, `requests.cpu`, `count/deployments.apps`. */
export type Usage = Readonly<Record<string, Quantity>>;

export interface QuotaWrite {
  readonly operation: string;
  readonly subresource: string;
  readonly object: ApiObject | undefined;
  readonly oldObject: ApiObject | undefined;
}

/** How the objects of a resource count against quotas. */
export interface QuotaEvaluator {
  /** Such as `pods` or `deployments.apps`. */
  readonly resource: string;
  /** Whether a write may change the usage. */
  handles(write: QuotaWrite): boolean;
  /** Whether a quota's resource name concerns this resource. */
  measures(name: string): boolean;
  inScope(scope: ScopedResourceSelectorRequirement, object: ApiObject): boolean;
  /** `now` in milliseconds since the epoch. */
  usage(object: ApiObject, now: number): Usage;
  /**
   * The message, in upstream's words, about values that the object must set because a quota limits them; undefined if
   * it does.
   */
  missing?(limited: readonly string[], object: ApiObject): string | undefined;
}

export const one = quantityOf(1);

/** `count/deployments.apps`: every stored object counts. */
export const objectCountName = (resource: string): string => `count/${resource}`;

/** Resource names that count objects without the prefix, for historical reasons. */
const aliases: ReadonlySet<string> = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);

/** The evaluator of a resource without one of its own: counts objects when they are created. */
export function objectCountEvaluator(resource: string): QuotaEvaluator {
  const names = [objectCountName(resource), ...(aliases.has(resource) ? [resource] : [])];
  const usage: Usage = Object.fromEntries(names.map((name) => [name, one]));
  return {
    resource,
    handles: ({ operation, subresource }) => operation === 'CREATE' && subresource === '',
    measures: (name) => names.includes(name),
    inScope: () => false,
    usage: () => usage,
  };
}

/** The scopes of a quota, from both of its fields. */
export function scopesOf({ spec }: ResourceQuota): ScopedResourceSelectorRequirement[] {
  return [
    ...(spec?.scopes ?? []).map(
      (scopeName) => ({ scopeName, operator: 'Exists' }) as ScopedResourceSelectorRequirement,
    ),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
}

/**
 * Whether a quota that limits `names` applies to the object: at least one name concerns the resource, and all scopes
 * match.
 */
export function quotaCounts(
  quota: ResourceQuota,
  object: ApiObject,
  { names, by }: { names: readonly string[]; by: QuotaEvaluator },
): boolean {
  return names.some((name) => by.measures(name)) && scopesOf(quota).every((scope) => by.inScope(scope, object));
}

/**
 * The usage, under a quota, of one resource's objects in a namespace, for the limited names that concern the resource.
 */
export function usageUnder(
  quota: ResourceQuota,
  objects: Iterable<ApiObject>,
  { by, now }: { by: QuotaEvaluator; now: number },
): Usage {
  const names = Object.keys(quota.spec?.hard ?? {}).filter((name) => by.measures(name));
  if (names.length === 0) return {};
  const scopes = scopesOf(quota);
  let total: Usage = Object.fromEntries(names.map((name) => [name, quantityOf(0)]));
  for (const object of objects) {
    if (scopes.every((scope) => by.inScope(scope, object)))
      total = addUsage(total, masked(by.usage(object, now), names));
  }
  return total;
}

export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Record<string, Quantity> = { ...a };
  for (const name in b) {
    const before = sum[name];
    const more = b[name] as Quantity;
    sum[name] = before ? addQuantities(before, more) : more;
  }
  return sum;
}

export function masked(usage: Usage, names: readonly string[]): Usage {
  return Object.fromEntries(names.flatMap((name) => (usage[name] ? [[name, usage[name]]] : [])));
}
