import { apiservices } from '@typernetes/api/apiregistration/v1';
import type { Clock, Logger, Runnable } from '@typernetes/base';
import { type Dial, type Informers, QueueTimes, restClient } from '@typernetes/client';
import { workQueueMetrics } from '@typernetes/process';
import type { Tracer } from '@typernetes/process/tracing';
import type { AdmissionPlugin } from '../admission/admission-plugin.ts';
import { type ResolveService, WebhookCaller } from '../admission/webhook/caller.ts';
import { Aggregator } from '../aggregation/aggregator.ts';
import { availabilityMetrics } from '../aggregation/availability-metrics.ts';
import type { ProxyClient } from '../aggregation/remote-server.ts';
import { convertByWebhook } from '../custom-resources/conversion-webhook.ts';
import { CustomResources } from '../custom-resources/definition/custom-resources.ts';
import { definitionValidation } from '../custom-resources/definition/definition-validation.ts';
import { conversionMetrics } from '../observers/conversion-metrics.ts';
import { loopbackUser, type ServerInside } from './api-server.ts';

export interface ExtensionDeps {
  readonly informers: Informers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly proxyClient: () => ProxyClient | undefined;
  /** Whether redirects of aggregated servers are rejected instead of passed to clients; default: true. */
  readonly rejectForwardedRedirects?: boolean;
  readonly resolve: ResolveService;
  /** Connects to conversion hooks at URLs; default: TCP. */
  readonly dial?: Dial | undefined;
  /** Records spans of requests to other servers; default: none. */
  readonly tracer?: Pick<Tracer, 'span' | 'headers'> | undefined;
}

/** Upstream's name of the first of its controllers of definitions; here one loop does all their work. */
const queueName = 'crd_naming_condition_controller';

/** The dynamic parts of a server: custom resources, and aggregated API servers. */
interface Extensions {
  readonly customResources: CustomResources;
  readonly aggregator: Aggregator;
  readonly admission: readonly AdmissionPlugin[];
  readonly background: readonly Runnable[];
}

export async function buildExtensions(inside: ServerInside, deps: ExtensionDeps): Promise<Extensions> {
  const { informers, clock, log, proxyClient, resolve, dial, tracer } = deps;
  const { router } = inside;
  const client = restClient(inside.transport(loopbackUser));
  const caller = new WebhookCaller({ clock, resolve, dial, tracer });
  const conversions = conversionMetrics(inside.metrics);
  const aggregator = new Aggregator({
    informers,
    client,
    clock,
    log,
    resolve,
    proxyClient,
    lost: availabilityMetrics(inside.metrics, informers.for(apiservices).lister),
    tracer,
    rejectRedirects: deps.rejectForwardedRedirects ?? true,
    served: () => router.served.map(({ type }) => type),
  });
  const customResources = new CustomResources({
    router,
    informers,
    client,
    clock,
    log,
    times: new QueueTimes(clock, (gauges) => workQueueMetrics(inside.metrics)(queueName, gauges)),
    convertOf: (definition) => convertByWebhook(definition, caller, { clock, converted: conversions }),
    servedChanged: () => aggregator.servedChanged(),
  });
  await customResources.load();
  return {
    customResources,
    aggregator,
    admission: [definitionValidation],
    background: [customResources, aggregator],
  };
}
