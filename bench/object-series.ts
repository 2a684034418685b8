import type { Call } from './bare-server.ts';
import { sampleConfigMap } from './sample-config-map.ts';

/** One kind of request that is repeated; `i` numbers the objects. */
export type Work = (call: Call, i: number) => Promise<void>;

export const configMaps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const named = (kind: string, name: string): object => ({ apiVersion: 'v1', kind, metadata: { name } });
const container = { name: 'c', image: 'pause', resources: { requests: { cpu: '100m', memory: '64Mi' } } };
const podSpec = { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers: [container] };
const annotations = { metadata: { annotations: { a: 'b' } } };

/** The requests in the life of a 1 KB ConfigMap and of a pod, ordered so that the objects exist. */
export const objectSeries: readonly (readonly [name: string, work: Work])[] = [
  ['create', (call, i) => call('POST', configMaps, sampleConfigMap(i))],
  ['get', (call, i) => call('GET', `${configMaps}/cm-${i}`)],
  ['update', (call, i) => call('PUT', `${configMaps}/cm-${i}`, sampleConfigMap(i, 'u'))],
  ['merge patch', (call, i) => call('PATCH', `${configMaps}/cm-${i}`, annotations, 'application/merge-patch+json')],
  [
    'apply',
    (call, i) => {
      const wanted = { ...named('ConfigMap', `cm-${i}`), data: { payload: 'v' } };
      const path = `${configMaps}/cm-${i}?fieldManager=b&force=true`;
      return call('PATCH', path, wanted, 'application/apply-patch+yaml');
    },
  ],
  ['delete', (call, i) => call('DELETE', `${configMaps}/cm-${i}`)],
  [
    'create pod',
    (call, i) =>
      call('POST', pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `pod-${i}`, labels: { app: 'bench' } },
        spec: podSpec,
      }),
  ],
  [
    'bind pod',
    (call, i) => {
      const target = { kind: 'Node', name: 'node-1' };
      return call('POST', `${pods}/pod-${i}/binding`, { ...named('Binding', `pod-${i}`), target });
    },
  ],
  ['delete pod', (call, i) => call('DELETE', `${pods}/pod-${i}?gracePeriodSeconds=0`)],
];
