import type { Clock, Logger, Random } from '@typernetes/base';
import { type Dial, eventRecorder, type Informers, type Lister, restClient } from '@typernetes/client';
import { type ApiObject, apiVersionOf, type ResourceType } from '@typernetes/machinery';
import type { Tracer } from '@typernetes/process/tracing';
import type { AdmissionPlugin } from '../admission/admission-plugin.ts';
import { conditionMetrics } from '../admission/cel/condition-metrics.ts';
import { choosePlugins, type PluginChoice } from '../admission/default-plugins.ts';
import type { TolerationSeconds } from '../admission/plugins/default-toleration-seconds.ts';
import { roleEscalation } from '../admission/plugins/role-escalation.ts';
import { securityMetrics } from '../admission/pod-security/security-metrics.ts';
import { policyMetrics } from '../admission/policy/policy-metrics.ts';
import { type ResolveService, WebhookCaller } from '../admission/webhook/caller.ts';
import { webhookMetrics } from '../admission/webhook/webhook-metrics.ts';
import type { AdmissionConfigurations } from '../options/admission-configuration.ts';
import { loopbackUser, type ServerInside } from './api-server.ts';
import { equivalentResources } from './equivalent-resources.ts';
import type { Security } from './security.ts';

interface AdmissionOptions {
  readonly choice: PluginChoice;
  readonly security: Pick<Security, 'authorize' | 'reads'>;
  /** Whether RBAC decides: only then do roles give anything away. */
  readonly rbac: boolean;
  readonly featureEnabled: (gate: string) => boolean;
  readonly configurations: AdmissionConfigurations;
  readonly tolerationSeconds: TolerationSeconds;
  /** Resolves hooks' Services. */
  readonly resolve: ResolveService;
  /** Connects to hooks at URLs; default: TCP. */
  readonly dial?: Dial | undefined;
  /** Records spans of calls to webhooks; default: none. */
  readonly tracer?: Pick<Tracer, 'span' | 'headers'> | undefined;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Logger;
}

const nothing: Lister<never> = { get: () => undefined, list: () => [], inNamespace: () => [], byIndex: () => [] };

/** The plugins that the flags choose, over the server's own caches. */
export function buildAdmission(
  inside: Pick<ServerInside, 'router' | 'transport' | 'metrics'>,
  informers: Informers,
  options: AdmissionOptions,
): AdmissionPlugin[] {
  const { security, choice, random, clock, log } = options;
  const client = restClient(inside.transport(loopbackUser));
  const serves = ({ group: apiGroup, version: apiVersion, plural: resource }: ResourceType<unknown>): boolean =>
    inside.router.serves({ apiGroup, apiVersion, resource });
  const { plugins, missing } = choosePlugins(
    choice,
    {
      read: <T extends ApiObject>(type: ResourceType<T>): Lister<T> =>
        serves(type) ? informers.for(type).lister : nothing,
      events: (component) => eventRecorder({ client, component, clock, log }),
      client,
      configurationOf: (plugin) => options.configurations.get(plugin),
      tolerationSeconds: options.tolerationSeconds,
      informer: (type) => informers.for(type),
      resourcesOf: (apiVersion, kind) =>
        inside.router.served
          .map(({ type }) => type)
          .filter((type) => type.kind === kind && apiVersionOf(type) === apiVersion),
      asking: {
        caller: new WebhookCaller({ clock, resolve: options.resolve, dial: options.dial, tracer: options.tracer }),
        equivalents: equivalentResources(() => inside.router.served),
        metrics: webhookMetrics(inside.metrics),
        log,
        now: () => clock.monotonic(),
      },
      podSecurityMetrics: securityMetrics(inside.metrics),
      conditions: conditionMetrics(inside.metrics, () => clock.monotonic()),
      policyTimes: { now: () => clock.monotonic(), observer: policyMetrics(inside.metrics) },
      authorize: security.authorize,
      clock,
      random,
    },
    options.featureEnabled,
  );
  if (missing.length > 0) log.warn('Admission plugins are not available', { plugins: missing });
  return options.rbac ? [...plugins, roleEscalation(security)] : plugins;
}
