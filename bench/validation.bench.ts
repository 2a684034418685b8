/** The cost of one pod before it is stored: defaults and validation alone. */

import type { Pod } from '@typernetes/api/core/v1';
import { pods } from '@typernetes/api/core/v1';
import { applyDefaults } from '@typernetes/api/defaults';
import { validateObjectMeta, validatePod } from '@typernetes/api/validation';
import { subdomainProblems } from '@typernetes/machinery';

const batches = 200;
const batchSize = 100;

/** A typical web server: two containers, probes, volumes, resources, a toleration. */
const written = {
  metadata: {
    name: 'web-7d4b9c6f5-x2x7k',
    namespace: 'shop',
    uid: '0c1a5f0e-1f2d-4f8e-9a56-3a3e6f0b7c11',
    resourceVersion: '',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { app: 'web', 'pod-template-hash': '7d4b9c6f5' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d4b9c6f5', uid: '1', controller: true }],
  },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'nginx:1.27',
        ports: [{ containerPort: 80, name: 'http' }],
        env: [
          { name: 'MODE', value: 'fast' },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
        ],
        resources: { requests: { cpu: '250m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
        readinessProbe: { httpGet: { path: '/', port: 'http' } },
        livenessProbe: { httpGet: { path: '/', port: 80 } },
        volumeMounts: [
          { name: 'config', mountPath: '/etc/nginx' },
          { name: 'scratch', mountPath: '/tmp' },
        ],
      },
      { name: 'log', image: 'busybox', command: ['tail'], resources: { limits: { cpu: '100m', memory: '64Mi' } } },
    ],
    volumes: [{ name: 'config', configMap: { name: 'web' } }, { name: 'scratch' }],
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'web', effect: 'NoSchedule' }],
    serviceAccountName: 'web',
  },
};

const text = JSON.stringify(written);
const rules = { namespaced: true, nameProblems: (name: string) => subdomainProblems(name) };

/** The best of many small batches, which suffers least from other processes. */
function microsecondsPer(work: (pod: Pod) => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < batches; batch++) {
    const drafts = Array.from({ length: batchSize }, () => JSON.parse(text) as Pod);
    const start = performance.now();
    for (const draft of drafts) work(draft);
    best = Math.min(best, ((performance.now() - start) * 1000) / batchSize);
  }
  return best;
}

function complete(pod: Pod): void {
  applyDefaults(pods, pod);
  const problems = [...validateObjectMeta(pod.metadata, rules), ...validatePod(pod)];
  if (problems.length > 0) throw new Error(`The pod of the measurement is not valid: ${JSON.stringify(problems)}`);
}

// Once to warm up.
microsecondsPer(complete);
console.log(`defaults:             ${microsecondsPer((pod) => applyDefaults(pods, pod)).toFixed(1)} us`);
console.log(`defaults, validation: ${microsecondsPer(complete).toFixed(1)} us`);
