import type { PodSpec, PodTemplateSpec } from '@typernetes/api/core/v1';
import type { Chance } from '../compare/chance.ts';

/** A workload that was created and not deleted since. */
export interface Workload {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job';
  readonly name: string;
  /** The desired pods, or the completions of a Job; a DaemonSet has one pod per node. */
  replicas: number;
  /** The version of the template. */
  turn: number;
  readonly isHeadless: boolean;
}

export const pathOf = ({ kind }: Pick<Workload, 'kind'>): string =>
  kind === 'Job' ? '/apis/batch/v1/namespaces/default/jobs' : `/apis/apps/v1/namespaces/default/${kind.toLowerCase()}s`;

export const templateOf = (workload: Workload): PodTemplateSpec => ({
  metadata: { labels: { workload: workload.name } },
  spec: workload.kind === 'Job' ? work : serving(workload),
});

function serving({ turn }: Workload): PodSpec {
  return {
    terminationGracePeriodSeconds: 2,
    containers: [
      {
        name: 'main',
        image: 'busybox',
        imagePullPolicy: 'IfNotPresent',
        env: [{ name: 'TURN', value: String(turn) }],
        command: [
          'sh',
          '-c',
          'trap "exit 0" TERM; mkdir /www; touch /www/ok; httpd -p 8080 -h /www; while :; do sleep 0.2; done',
        ],
        readinessProbe: { httpGet: { port: 8080, path: '/ok' }, periodSeconds: 1 },
      },
    ],
  };
}

const work: PodSpec = {
  restartPolicy: 'Never',
  containers: [
    { name: 'main', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', 'sleep 1; exit 0'] },
  ],
};

/** The object for the workload, with random additions. */
export function objectOf(workload: Workload, chance: Chance): object {
  const { kind, name, replicas } = workload;
  const metadata = { name, namespace: 'default' };
  const template = templateOf(workload);
  const selector = { matchLabels: { workload: name } };
  switch (kind) {
    case 'Job':
      return {
        apiVersion: 'batch/v1',
        kind,
        metadata,
        spec: {
          completions: replicas,
          parallelism: 1 + chance.below(3),
          backoffLimit: 20,
          completionMode: chance.pick(['Indexed', 'NonIndexed']),
          podReplacementPolicy: chance.pick(['TerminatingOrFailed', 'Failed']),
          template,
        },
      };
    case 'DaemonSet': {
      const surging = { maxSurge: 1, maxUnavailable: 0 };
      const rollingUpdate = chance.pick<object>([surging, { maxUnavailable: 1 }]);
      return { apiVersion: 'apps/v1', kind, metadata, spec: { selector, template, updateStrategy: { rollingUpdate } } };
    }
    case 'StatefulSet':
      return {
        apiVersion: 'apps/v1',
        kind,
        metadata,
        spec: {
          replicas,
          serviceName: name,
          selector,
          template,
          podManagementPolicy: chance.pick(['OrderedReady', 'Parallel']),
        },
      };
    case 'Deployment':
      return {
        apiVersion: 'apps/v1',
        kind,
        metadata,
        spec: {
          replicas,
          selector,
          template,
          strategy: chance.pick<object>([
            { type: 'Recreate' },
            { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
            { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
            { rollingUpdate: { maxSurge: '50%', maxUnavailable: '50%' } },
          ]),
        },
      };
  }
}

export const serviceOf = ({ name, isHeadless }: Workload): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: {
    selector: { workload: name },
    ports: [{ port: 80, targetPort: 8080 }],
    ...(isHeadless ? { clusterIP: 'None' } : {}),
  },
});
