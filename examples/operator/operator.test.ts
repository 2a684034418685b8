import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AdmissionregistrationV1Api,
  AppsV1Api,
  CustomObjectsApi,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  loadYaml,
} from '@kubernetes/client-node';
import { type ControlPlane, startControlPlane } from 'typernetes';
import { startOperator, type Website } from './operator.ts';
import { startWebhook } from './webhook.ts';

const kind = { group: 'example.com', version: 'v1', namespace: 'default', plural: 'websites' };
const config = new KubeConfig();
const undo: (() => unknown)[] = [];
let plane: ControlPlane;
let custom: CustomObjectsApi;

before(async () => {
  plane = await startControlPlane({ nodes: 2 });
  undo.push(() => plane.stop());
  config.loadFromString(plane.kubeconfig);
  custom = config.makeApiClient(CustomObjectsApi);
  const crd = readFileSync(join(import.meta.dirname, 'website-crd.yaml'), 'utf8');
  await KubernetesObjectApi.makeApiClient(config).create(loadYaml<KubernetesObject>(crd));
  await until(() => custom.listNamespacedCustomObject(kind));
  undo.push(await startOperator(config, () => {}));
});
after(async () => {
  for (const step of undo.reverse()) await step();
});

/** Repeats `probe` until it does not throw. */
async function until<T>(probe: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await probe();
    } catch (error) {
      if (attempt === 600) throw error;
      await sleep(100);
    }
  }
}

const website = (name: string, spec: Partial<Website['spec']>) => ({
  ...kind,
  body: { apiVersion: 'example.com/v1', kind: 'Website', metadata: { name }, spec },
});

test('creates a Deployment for a Website, and reports the number of ready replicas', async () => {
  await custom.createNamespacedCustomObject(website('blog', { image: 'blog:1', replicas: 3 }));
  await until(async () => {
    const { status } = (await custom.getNamespacedCustomObject({ ...kind, name: 'blog' })) as Website;
    assert.equal(status?.readyReplicas, 3);
  });
  const apps = config.makeApiClient(AppsV1Api);
  const { metadata } = await apps.readNamespacedDeployment({ namespace: 'default', name: 'blog' });
  assert.equal(metadata?.managedFields?.[0]?.manager, 'website-operator');

  await custom.deleteNamespacedCustomObject({ ...kind, name: 'blog' });
  await until(async () => {
    const { items } = await apps.listNamespacedDeployment({ namespace: 'default' });
    assert.equal(items.length, 0, 'the garbage collector follows the owner');
  });
});

test('the schema sets defaults, and rejects objects with the messages of its rules', async () => {
  const created = (await custom.createNamespacedCustomObject(website('small', { image: 'small:1' }))) as Website;
  assert.equal(created.spec.replicas, 1);
  await assert.rejects(
    custom.createNamespacedCustomObject(website('huge', { image: 'huge:1', replicas: 11 })),
    /a website has at most ten replicas/,
  );
});

test('the webhook rejects images without a fixed tag', async () => {
  const { certificate, privateKey } = await plane.certificateFor();
  const { url, server } = await startWebhook({ cert: certificate, key: privateKey });
  undo.push(() => server.close());
  await config.makeApiClient(AdmissionregistrationV1Api).createValidatingWebhookConfiguration({
    body: {
      metadata: { name: 'versions' },
      webhooks: [
        {
          name: 'versions.example.com',
          clientConfig: { url, caBundle: Buffer.from(plane.ca).toString('base64') },
          rules: [{ apiGroups: ['example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['websites'] }],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    },
  });
  await until(() =>
    assert.rejects(
      custom.createNamespacedCustomObject(website(`loose-${Date.now()}`, { image: 'loose' })),
      /versions\.example\.com.*must name a version/,
    ),
  );
});
