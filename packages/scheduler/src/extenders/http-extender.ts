import type { Node, Pod } from '@typernetes/api/core/v1';
import type { Extender as ExtenderConfig } from '@typernetes/api/kubescheduler.config/v1';
import type { Clock } from '@typernetes/base';
import { parseDuration } from '@typernetes/machinery';
import type { Candidate } from '../framework/candidate.ts';
import type { Extender } from './extender.ts';
import { JsonPoster } from './json-poster.ts';
import { maybe, members, numberOf, textOf } from './wire.ts';

/** Points of extenders are 0 to 10, those of plugins 0 to 100. */
const pointScale = 10;

interface HttpExtenderDeps {
  readonly clock: Clock;
  /** A pod on a node, by its uid, which extenders use to name victims. */
  podOn(node: string, uid: string): Pod | undefined;
}

/** An extender as KubeSchedulerConfiguration describes it, asked by JSON over HTTP. The members of the wire are upstream's. */
export function httpExtender(config: ExtenderConfig, { clock, podOn }: HttpExtenderDeps): Extender {
  const { urlPrefix, filterVerb, prioritizeVerb, bindVerb, preemptVerb, nodeCacheCapable = false } = config;
  const poster = new JsonPoster(urlPrefix, {
    clock,
    timeoutMs: parseDuration(config.httpTimeout ?? '5s') || 5000,
    https: config.enableHTTPS ?? false,
    ...(config.tlsConfig ? { tls: config.tlsConfig } : {}),
  });
  const managed = new Set((config.managedResources ?? []).map(({ name }) => name));
  const nodesOf = (nodes: readonly Node[]) => ({
    Nodes: nodeCacheCapable ? null : { metadata: {}, items: nodes },
    NodeNames: nodeCacheCapable ? nodes.map(({ metadata }) => metadata.name) : null,
  });
  return {
    name: urlPrefix,
    ignorable: config.ignorable ?? false,
    isInterested: (pod) => managed.size === 0 || requestsAny(pod, managed),
    ...(filterVerb
      ? {
          filter: async (pod, nodes, signal) => {
            const result = members(await poster.post(filterVerb, { Pod: pod, ...nodesOf(nodes) }, signal));
            const error = textOf(result.get('error'));
            if (error) throw new Error(error);
            const accepted = acceptedNames(result, nodeCacheCapable);
            const known = new Set(nodes.map(({ metadata }) => metadata.name));
            const stranger = accepted.find((name) => !known.has(name));
            if (stranger !== undefined)
              throw new Error(
                `extender "${urlPrefix}" claims a filtered node "${stranger}" which is not found in the input node list`,
              );
            return {
              accepted,
              failed: reasonsOf(result.get('failednodes')),
              unresolvable: reasonsOf(result.get('failedandunresolvablenodes')),
            };
          },
        }
      : {}),
    ...(prioritizeVerb
      ? {
          prioritize: async (pod, nodes, signal) => {
            const list = await poster.post(prioritizeVerb, { Pod: pod, ...nodesOf(nodes) }, signal);
            const entries = (Array.isArray(list) ? list : []).map(members);
            const weight = (config.weight ?? 0) * pointScale;
            return new Map(
              entries.map((one) => [textOf(one.get('host')), numberOf(one.get('score')) * weight] as const),
            );
          },
        }
      : {}),
    ...(bindVerb
      ? {
          bind: async ({ metadata }, node, signal) => {
            const body = {
              PodName: metadata.name,
              PodNamespace: metadata.namespace,
              PodUID: metadata.uid,
              Node: node,
            };
            const error = textOf(members(await poster.post(bindVerb, body, signal)).get('error'));
            if (error) throw new Error(error);
          },
        }
      : {}),
    ...(preemptVerb
      ? {
          preempt: async (pod, candidates, signal) => {
            const body = {
              Pod: pod,
              NodeNameToVictims: nodeCacheCapable ? null : byNode(candidates, (one) => one),
              NodeNameToMetaVictims: nodeCacheCapable
                ? byNode(candidates, ({ metadata }) => ({ UID: metadata.uid }))
                : null,
            };
            const result = members(await poster.post(preemptVerb, body, signal));
            return candidatesOf(result.get('nodenametometavictims'), { urlPrefix, podOn });
          },
        }
      : {}),
  };
}

function requestsAny({ spec }: Pod, managed: ReadonlySet<string>): boolean {
  return [...spec.containers, ...(spec.initContainers ?? [])].some(({ resources }) =>
    [resources?.requests, resources?.limits].some((amounts) =>
      Object.keys(amounts ?? {}).some((one) => managed.has(one)),
    ),
  );
}

function acceptedNames(result: ReadonlyMap<string, unknown>, nodeCacheCapable: boolean): string[] {
  const names = result.get('nodenames');
  if (nodeCacheCapable && Array.isArray(names)) return names.map(String);
  const items = maybe(result.get('nodes'))?.get('items');
  return (Array.isArray(items) ? (items as Node[]) : []).map(({ metadata }) => metadata.name);
}

function reasonsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries((value ?? {}) as object).map(([node, reason]) => [node, String(reason)]));
}

function byNode(candidates: readonly Candidate[], shown: (pod: Pod) => unknown): Record<string, unknown> {
  return Object.fromEntries(
    candidates.map(({ node, victims }) => [
      node,
      { Pods: victims.pods.map(shown), NumPDBViolations: victims.violations },
    ]),
  );
}

function candidatesOf(
  value: unknown,
  { urlPrefix, podOn }: { readonly urlPrefix: string } & Pick<HttpExtenderDeps, 'podOn'>,
): Candidate[] {
  return Object.entries((value ?? {}) as object).map(([node, one]) => {
    const victims = members(one);
    const listed = victims.get('pods');
    const pods = (Array.isArray(listed) ? listed : []).map((entry) => {
      const uid = textOf(members(entry).get('uid'));
      const pod = podOn(node, uid);
      if (!pod)
        throw new Error(
          `extender: ${urlPrefix} claims to preempt pod (UID: ${uid}) on node: ${node}, but the pod is not found on that node`,
        );
      return pod;
    });
    return { node, victims: { pods, violations: numberOf(victims.get('numpdbviolations')) } };
  });
}
