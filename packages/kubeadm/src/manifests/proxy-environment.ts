import type { EnvVar, PodSpec } from '@typernetes/api/core/v1';
import type { ProxySettings } from '../host.ts';

/** The proxy variables that components get, as upstream's do, sorted by name. */
export const proxyEnvironment = ({ variables }: Pick<ProxySettings, 'variables'>): EnvVar[] =>
  Object.entries(variables)
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** Adds the proxy variables to the containers' environment; existing variables are kept. */
export function withProxies<P extends { readonly spec?: PodSpec }>(
  pod: P,
  proxies: Pick<ProxySettings, 'variables'>,
): P {
  const environment = proxyEnvironment(proxies);
  if (environment.length === 0 || !pod.spec) return pod;
  const containers = pod.spec.containers.map((container) => {
    const own = container.env ?? [];
    const more = environment.filter(({ name }) => !own.some((variable) => variable.name === name));
    return { ...container, env: [...more, ...own] };
  });
  return { ...pod, spec: { ...pod.spec, containers } };
}
