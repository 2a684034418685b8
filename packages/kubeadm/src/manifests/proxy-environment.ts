import type { EnvVar, PodSpec } from '@typernetes/api/core/v1';
import type { ProxySettings } from '../host.ts';

/** What components are told of the machine's proxies, as upstream's are: by name. */
export const proxyEnvironment = ({ variables }: Pick<ProxySettings, 'variables'>): EnvVar[] =>
  Object.entries(variables)
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The pod with the machine's proxies in its containers' environment; what is set there already stays. */
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
