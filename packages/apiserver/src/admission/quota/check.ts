import { addUsage, masked, type QuotaEvaluator, quotaCounts, scopesOf, type Usage } from '@typernetes/api';
import type { ResourceQuota, ScopedResourceSelectorRequirement } from '@typernetes/api/core/v1';
import type { LimitedResource } from '@typernetes/api/resourcequota.config/v1';
import {
  type ApiObject,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  subtractQuantities,
  zeroQuantity,
} from '@typernetes/machinery';
import type { AdmissionRequest } from '../admission-plugin.ts';

/** A quota while writes are being charged: `used` runs ahead of what is stored. */
export interface RunningQuota {
  readonly quota: ResourceQuota;
  readonly used: Usage;
}

type ChargeResult = { readonly refused: string } | { readonly quotas: readonly RunningQuota[] };

interface ChargeOptions {
  readonly by: QuotaEvaluator;
  readonly limited: readonly LimitedResource[];
  readonly now: number;
}

type Write = Pick<AdmissionRequest, 'operation' | 'subresource' | 'object' | 'oldObject'>;

/** Adds the usage of a write to the quotas that count it, or returns in upstream's words why it is refused. */
export function charge(quotas: readonly RunningQuota[], write: Write, options: ChargeOptions): ChargeResult {
  const { by, now } = options;
  const object = write.object as ApiObject;
  const counting = new Map<RunningQuota, readonly string[]>();
  for (const running of quotas) {
    const { quota, used } = running;
    const hard = Object.keys(quota.status?.hard ?? {});
    if (!quotaCounts(quota, object, { names: hard, by })) continue;
    const limited = hard.filter((name) => by.measures(name));
    const missing = by.missing?.(limited, object);
    if (missing !== undefined) return { refused: `failed quota: ${quota.metadata.name}: ${missing}` };
    if (limited.some((name) => used[name] === undefined))
      return {
        refused: `status unknown for quota: ${quota.metadata.name}, resources: ${[...limited].sort().join(',')}`,
      };
    counting.set(running, limited);
  }
  const usage = by.usage(object, now);
  const negative = Object.keys(usage).filter((name) => (usage[name]?.nanos ?? 0n) < 0n);
  if (negative.length > 0) return { refused: `quota usage is negative for resource(s): ${negative.sort().join(',')}` };
  const before = write.operation === 'UPDATE' && write.oldObject ? write.oldObject : undefined;
  const grown = before ? growth(usage, by.usage(before, now)) : usage;
  const deltaOf = ({ quota }: RunningQuota): Usage => {
    const names = Object.keys(quota.status?.hard ?? {});
    return before && !quotaCounts(quota, before, { names, by }) ? usage : grown;
  };
  if (![...counting.keys()].some((running) => hasAny(deltaOf(running))) && (counting.size > 0 || !hasAny(grown)))
    return { quotas };
  const uncovered = uncoveredBy(quotas, counting, { ...options, object, usage });
  if (uncovered !== undefined) return { refused: uncovered };

  const charged: RunningQuota[] = [];
  for (const running of quotas) {
    if (!counting.has(running)) {
      charged.push(running);
      continue;
    }
    const hard = running.quota.status?.hard ?? {};
    const delta = masked(deltaOf(running), Object.keys(hard));
    const used = addUsage(running.used, delta);
    const exceeded = Object.keys(delta).filter(
      (name) =>
        delta[name]?.nanos !== 0n &&
        compareQuantities(used[name] ?? zeroQuantity, parseQuantity(hard[name] ?? '0')) > 0,
    );
    // A volume's growth is a fact that a quota cannot refuse.
    if (exceeded.length > 0 && write.subresource !== 'status') {
      const list = (amount: (name: string) => string): string =>
        exceeded
          .sort()
          .map((name) => `${name}=${amount(name)}`)
          .join(',');
      const requested = list((name) => formatQuantity(delta[name] ?? zeroQuantity));
      const had = list((name) => formatQuantity(running.used[name] ?? zeroQuantity));
      const refused = `exceeded quota: ${running.quota.metadata.name}, requested: ${requested}, used: ${had}, limited: ${list((name) => hard[name] ?? '0')}`;
      return { refused };
    }
    charged.push({ quota: running.quota, used });
  }
  return { quotas: charged };
}

/** The additional usage of an update; decreases are left to the controller. */
function growth(next: Usage, before: Usage): Usage {
  return Object.fromEntries(
    Object.entries(next).map(([name, amount]) => {
      const had = before[name];
      const more = had ? subtractQuantities(amount, had) : amount;
      return [name, more.nanos < 0n ? { ...more, nanos: 0n } : more];
    }),
  );
}

const hasAny = (usage: Usage): boolean => Object.values(usage).some(({ nanos }) => nanos !== 0n);

/** The configuration may require a matching quota for the use of a resource. */
function uncoveredBy(
  quotas: readonly RunningQuota[],
  counting: ReadonlyMap<RunningQuota, readonly string[]>,
  { by, limited, object, usage }: ChargeOptions & { object: ApiObject; usage: Usage },
): string | undefined {
  const mine = limited.filter(
    ({ apiGroup, resource }) => (apiGroup ? `${resource}.${apiGroup}` : resource) === by.resource,
  );
  const used = Object.keys(usage).filter((name) => (usage[name]?.nanos ?? 0n) > 0n);
  const names = used.filter((name) =>
    mine.some(({ matchContains = [] }) => matchContains.some((part) => name.includes(part))),
  );
  const covered = new Set([...counting.values()].flat());
  const bare = names.filter((name) => !covered.has(name)).sort();
  if (bare.length > 0) return `insufficient quota to consume: ${bare.join(',')}`;
  const inScope = (scope: ScopedResourceSelectorRequirement): boolean => by.inScope(scope, object);
  const limitedScopes = limited.flatMap(({ matchScopes = [] }) => matchScopes).filter(inScope);
  const coveredScopes = new Set(
    quotas.flatMap(({ quota }) =>
      scopesOf(quota)
        .filter(inScope)
        .map(({ scopeName }) => scopeName),
    ),
  );
  const open = limitedScopes.filter(({ scopeName }) => !coveredScopes.has(scopeName));
  if (open.length === 0) return undefined;
  const shown = open.map(({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(' ')}]}`);
  return `insufficient quota to match these scopes: [${shown.join(' ')}]`;
}
