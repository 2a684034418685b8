import type { Clock, Random } from '@typernetes/base';
import type { Dial } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import type { ServiceAccountKeys } from '../authentication/service-account-keys.ts';
import type { BoundObjects } from '../authentication/service-account-token.ts';
import type { CallHandler } from '../handlers/resource-call.ts';
import type { ResourceRouter } from '../handlers/resource-router.ts';
import { podLogMetrics } from '../observers/pod-log-metrics.ts';
import type { CompletedConfig } from '../options/api-server-config.ts';
import type { ApiServerMaterial } from '../options/material.ts';
import { podTunnelHandlers } from '../tunnel/pod-handlers.ts';
import { proxyHandlers } from '../tunnel/proxy-handlers.ts';
import { bindingHandler } from './binding-handler.ts';
import { evictionHandler } from './eviction-handler.ts';
import { tokenHandler } from './token-handler.ts';

interface SubresourceDependencies {
  readonly config: CompletedConfig;
  readonly material: ApiServerMaterial;
  readonly accountKeys: ServiceAccountKeys;
  readonly bound: BoundObjects;
  readonly clock: Clock;
  readonly random: Random;
  readonly router: ResourceRouter;
  readonly metrics: Metrics;
  /** Connects into the cluster; default: TCP. */
  readonly dial: Dial | undefined;
}

/** The subresources that are more than a part of their object, by `plural/subresource`. */
export function subresourceHandlers(deps: SubresourceDependencies): Map<string, CallHandler> {
  const { serviceAccounts } = deps.config;
  const [issuer] = serviceAccounts.issuers;
  // Connections are pooled by the TLS object: one for each server, since each may use its own proxies.
  const anonymous = {};
  const kubelets = {
    router: deps.router,
    addressTypes: deps.config.kubelet.addressTypes,
    tls: () => deps.material.kubeletClient ?? anonymous,
    dial: deps.dial,
  };
  const handlers = new Map<string, CallHandler>([
    ['pods/binding', bindingHandler],
    ['pods/eviction', evictionHandler(deps.router)],
    ...podTunnelHandlers(kubelets, podLogMetrics(deps.metrics)),
    ...proxyHandlers({ ...kubelets, random: deps.random }),
  ]);
  const { sign, maxSeconds } = deps.accountKeys;
  if (issuer !== undefined && sign)
    handlers.set(
      'serviceaccounts/token',
      tokenHandler({
        ...deps.bound,
        issuer,
        sign,
        ...(maxSeconds === undefined ? {} : { signerMaxSeconds: maxSeconds }),
        apiAudiences: serviceAccounts.audiences,
        maxExpirationSeconds: serviceAccounts.maxTokenSeconds,
        extendExpiration: serviceAccounts.extendExpiration,
        clock: deps.clock,
      }),
    );
  return handlers;
}
