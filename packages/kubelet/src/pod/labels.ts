import { createHash } from 'node:crypto';
import type { Container, Pod } from '@typernetes/api/core/v1';
import { annotations } from './identity.ts';

/**
 * The labels and annotations on sandboxes and containers by which a restarted kubelet recognises its own. The names are
 * upstream's: other tools read them too.
 */
export const labels = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const;

export const containerAnnotations = {
  hash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  ports: 'io.kubernetes.container.ports',
  preStop: 'io.kubernetes.container.preStopHandler',
  gracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
} as const;

type LabelSet = Readonly<Record<string, string>>;

function podLabels(pod: Pod): LabelSet {
  return {
    [labels.podName]: pod.metadata.name,
    [labels.podNamespace]: pod.metadata.namespace ?? 'default',
    [labels.podUid]: pod.metadata.uid,
  };
}

export function sandboxLabels(pod: Pod): LabelSet {
  return { ...pod.metadata.labels, ...podLabels(pod) };
}

export function sandboxAnnotations(pod: Pod): LabelSet {
  return { [annotations.source]: 'api', ...pod.metadata.annotations };
}

export function containerLabels(pod: Pod, container: Container): LabelSet {
  return { ...podLabels(pod), [labels.containerName]: container.name };
}

/** Changes when a running container must be replaced: covers its name and image (upstream: pickFieldsToHash). */
export function containerHash(container: Container): string {
  const picked = JSON.stringify({ name: container.name, image: container.image });
  return createHash('sha256').update(picked).digest('hex').slice(0, 8);
}

export function containerAnnotationsOf(pod: Pod, container: Container, restartCount: number): LabelSet {
  const ports: LabelSet = container.ports?.length
    ? { [containerAnnotations.ports]: JSON.stringify(container.ports) }
    : {};
  const preStop: LabelSet = container.lifecycle?.preStop
    ? { [containerAnnotations.preStop]: JSON.stringify(container.lifecycle.preStop) }
    : {};
  return {
    [containerAnnotations.hash]: containerHash(container),
    [containerAnnotations.restartCount]: String(restartCount),
    [containerAnnotations.terminationMessagePath]: container.terminationMessagePath ?? '/dev/termination-log',
    [containerAnnotations.terminationMessagePolicy]: container.terminationMessagePolicy ?? 'File',
    [containerAnnotations.gracePeriod]: String(pod.spec?.terminationGracePeriodSeconds ?? 30),
    ...ports,
    ...preStop,
  };
}
