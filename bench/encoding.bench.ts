/** Protobuf compared with JSON, for one pod and for a list of a thousand: time and size. */

import { decodeProtobuf, encodeBody, encodeProtobuf, listEnvelope } from '@typernetes/api/protobuf';

const batches = 100;
const batchSize = 50;

const container = (name: string) => ({
  name,
  image: 'registry.example.com/shop/web:1.27.3',
  ports: [{ containerPort: 80, name: 'http', protocol: 'TCP' }],
  env: [
    { name: 'MODE', value: 'fast' },
    { name: 'NODE', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } },
  ],
  resources: { requests: { cpu: '250m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
  readinessProbe: { httpGet: { path: '/', port: 'http', scheme: 'HTTP' }, timeoutSeconds: 1, periodSeconds: 10 },
  volumeMounts: [{ name: 'config', mountPath: '/etc/nginx', readOnly: true }],
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: 'IfNotPresent',
});

const podStatus = {
  phase: 'Running',
  conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  })),
  hostIP: '192.0.2.7',
  podIP: '198.51.100.12',
  podIPs: [{ ip: '198.51.100.12' }],
  startTime: '2026-01-01T00:00:00Z',
  qosClass: 'Burstable',
};

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-7d4b9c6f5-x2x7k',
    namespace: 'shop',
    uid: '0c1a5f0e-1f2d-4f8e-9a56-3a3e6f0b7c11',
    resourceVersion: '12345',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { app: 'web', 'pod-template-hash': '7d4b9c6f5' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d4b9c6f5', uid: '1', controller: true }],
    managedFields: [
      {
        manager: 'kube-controller-manager',
        operation: 'Update',
        apiVersion: 'v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } }, 'f:spec': { 'f:containers': {} } },
      },
    ],
  },
  spec: {
    containers: [container('web'), container('log')],
    volumes: [{ name: 'config', configMap: { name: 'web', defaultMode: 420 } }],
    tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
    serviceAccountName: 'web',
    nodeName: 'node-1',
    restartPolicy: 'Always',
  },
  status: podStatus,
};

/** The best of many small batches, which suffers least from other processes. */
function microsecondsPer(work: () => unknown, size = batchSize): number {
  let best = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < batches; batch++) {
    const start = performance.now();
    for (let i = 0; i < size; i++) work();
    best = Math.min(best, ((performance.now() - start) * 1000) / size);
  }
  return best;
}

const json = Buffer.from(JSON.stringify(pod));
const protobuf = encodeProtobuf(pod);
const message = encodeBody(pod, pod);
const messages = Array.from({ length: 1000 }, () => message);
const pods = Array.from({ length: 1000 }, () => pod);
const listKind = { apiVersion: 'v1', kind: 'PodList' };

const lines: [what: string, json: number, protobuf: number][] = [
  ['bytes of a pod', json.length, protobuf.length],
  [
    'encode a pod, us',
    microsecondsPer(() => Buffer.from(JSON.stringify(pod))),
    microsecondsPer(() => encodeProtobuf(pod)),
  ],
  [
    'decode a pod, us',
    microsecondsPer(() => JSON.parse(json.toString())),
    microsecondsPer(() => decodeProtobuf(protobuf)),
  ],
  [
    'list of 1000 pods, encoded anew (JSON) or from kept messages, us',
    microsecondsPer(() => Buffer.from(JSON.stringify({ ...listKind, metadata: {}, items: pods })), 1),
    microsecondsPer(() => listEnvelope(listKind, { resourceVersion: '1' }, messages), 1),
  ],
];
for (const [what, ofJson, ofProtobuf] of lines)
  console.log(
    `${what}: JSON ${ofJson.toFixed(1)}, protobuf ${ofProtobuf.toFixed(1)} (${(ofProtobuf / ofJson).toFixed(2)})`,
  );
