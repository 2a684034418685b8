import type { Event } from '@typernetes/api/core/v1';
import type { Configuration, Limit } from '@typernetes/api/eventratelimit.config/v1alpha1';
import { aggregateText, type Clock } from '@typernetes/base';
import { groupResourceOf, StatusError } from '@typernetes/machinery';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';

/** The default number of buckets per limit. */
const defaultCacheSize = 4096;

const keys: Readonly<Record<string, (request: AdmissionRequest) => string>> = {
  Server: () => '',
  Namespace: ({ namespace }) => namespace,
  User: ({ user }) => user.username,
  SourceAndObject: ({ object }) => {
    const { source, involvedObject: about } = object as Event;
    return [source?.component, source?.host, about?.kind, about?.namespace, about?.name, about?.uid, about?.apiVersion]
      .map((part) => part ?? '')
      .join('');
  },
};

/** Limits how many events per second are written: for the server, a namespace, a user, or a source and object. */
export function eventRateLimit({
  config,
  clock,
}: {
  config: Configuration | undefined;
  clock: Clock;
}): AdmissionPlugin {
  const limits = (config?.limits ?? []).map((limit) => buckets(limit, clock));
  return {
    name: 'EventRateLimit',
    handles: ({ operation, resource, subresource, dryRun }) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      groupResourceOf(resource) === 'events' &&
      subresource === '' &&
      !dryRun,
    validate: (request) => {
      // As upstream, the event counts for all limits, even if one of them refuses it.
      const refused = limits.map((accepts) => accepts(request)).flatMap((why) => why ?? []);
      if (refused.length === 0) return;
      const message = aggregateText(refused);
      throw new StatusError('TooManyRequests', message);
    },
  };
}

/** A token bucket for each key, the least recently used forgotten first. Returns why an event is refused. */
function buckets(
  { type, qps, burst, cacheSize }: Limit,
  clock: Clock,
): (request: AdmissionRequest) => string | undefined {
  const keyOf = keys[type];
  if (!keyOf) throw new Error(`limits.type: Unsupported value: ${JSON.stringify(type)}`);
  const capacity = type === 'Server' ? 1 : cacheSize || defaultCacheSize;
  const known = new Map<string, { tokens: number; at: number }>();
  return (request) => {
    const key = keyOf(request);
    const now = clock.monotonic();
    const before = known.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, before.tokens + ((now - before.at) / 1000) * qps);
    const accepted = tokens >= 1;
    known.delete(key);
    known.set(key, { tokens: accepted ? tokens - 1 : tokens, at: now });
    if (known.size > capacity) known.delete(known.keys().next().value as string);
    return accepted ? undefined : `limit reached on type ${type} for key ${key}`;
  };
}
