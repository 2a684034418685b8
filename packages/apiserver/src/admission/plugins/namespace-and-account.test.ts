import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localsubjectaccessreviews } from '@typernetes/api/authorization/v1';
import { configmaps, namespaces, type Pod, pods, type ServiceAccount } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { admissionRequest, runPlugin } from '../../testing/admission-request.ts';
import { literalReads } from '../../testing/object-reads.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { serviceAccount, tokenMountPath } from './service-account.ts';

const lifecycle = namespaceLifecycle({
  namespaces: literalReads([
    { metadata: { name: 'default' } },
    { metadata: { name: 'going' }, status: { phase: 'Terminating' } },
  ] as never),
});
const object = { metadata: { name: 'a' } };

test('namespaces guard their content', async () => {
  await runPlugin(lifecycle, admissionRequest(configmaps, { object }));
  await runPlugin(lifecycle, admissionRequest(configmaps, { object, namespace: 'going', operation: 'UPDATE' }));
  await runPlugin(lifecycle, admissionRequest(configmaps, { name: 'a', namespace: 'gone', operation: 'DELETE' }));
  await runPlugin(
    lifecycle,
    admissionRequest(localsubjectaccessreviews, { object: { metadata: {} }, namespace: 'gone' }),
  );
  await runPlugin(lifecycle, admissionRequest(namespaces, { name: 'mine', operation: 'DELETE' }));
  await assert.rejects(runPlugin(lifecycle, admissionRequest(namespaces, { name: 'default', operation: 'DELETE' })), {
    reason: 'Forbidden',
    message: 'namespaces "default" is forbidden: this namespace may not be deleted',
  });
  await assert.rejects(runPlugin(lifecycle, admissionRequest(configmaps, { object, namespace: 'gone' })), {
    reason: 'NotFound',
    message: 'namespaces "gone" not found',
  });
  await assert.rejects(runPlugin(lifecycle, admissionRequest(configmaps, { object, namespace: 'going' })), {
    message:
      'configmaps "a" is forbidden: unable to create new content in namespace going because it is being terminated',
    details: {
      name: 'a',
      kind: 'configmaps',
      causes: [
        { reason: 'NamespaceTerminating', message: 'namespace going is being terminated', field: 'metadata.namespace' },
      ],
    },
  });
});

const accounts = (extra: object = {}) =>
  serviceAccount({
    serviceAccounts: literalReads([{ metadata: { name: 'default', namespace: 'default' }, ...extra }]),
    random: { next: () => 0 },
    clock: new FakeClock(),
  });
const podWith = (spec: object = {}, annotations = {}): Pod =>
  ({ metadata: { name: 'web', annotations }, spec: { containers: [{ name: 'c' }], ...spec } }) as unknown as Pod;

test('a pod gets its service account, the token volume and the pull secrets', async () => {
  const pod = podWith({ initContainers: [{ name: 'i', volumeMounts: [{ name: 'own', mountPath: tokenMountPath }] }] });
  await runPlugin(accounts({ imagePullSecrets: [{ name: 'registry' }] }), admissionRequest(pods, { object: pod }));
  assert.deepEqual(pod.spec, {
    initContainers: [{ name: 'i', volumeMounts: [{ name: 'own', mountPath: tokenMountPath }] }],
    containers: [
      { name: 'c', volumeMounts: [{ name: 'kube-api-access-bbbbb', readOnly: true, mountPath: tokenMountPath }] },
    ],
    serviceAccountName: 'default',
    serviceAccount: 'default',
    volumes: [
      {
        name: 'kube-api-access-bbbbb',
        projected: {
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            {
              downwardAPI: {
                items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
              },
            },
          ],
          defaultMode: 420,
        },
      },
    ],
    imagePullSecrets: [{ name: 'registry' }],
  });
});

test("service account and pod may opt out of the token; the pod's setting wins", async () => {
  const volumesOf = async (account: object, spec: object): Promise<unknown> => {
    const pod = podWith(spec);
    await runPlugin(accounts(account), admissionRequest(pods, { object: pod }));
    return pod.spec.volumes?.length;
  };
  const no = { automountServiceAccountToken: false };
  assert.equal(await volumesOf(no, {}), undefined);
  assert.equal(await volumesOf({}, no), undefined);
  assert.equal(await volumesOf(no, { automountServiceAccountToken: true }), 1);
});

test('refuses a missing service account, and mirror pods that refer to API objects', async () => {
  const mirror = { 'kubernetes.io/config.mirror': 'x' };
  const cases: [Pod, string | undefined][] = [
    [podWith({ serviceAccountName: 'x' }), 'error looking up service account default/x: serviceaccount "x" not found'],
    [podWith({}, mirror), undefined],
    [podWith({ serviceAccountName: 'default' }, mirror), 'a mirror pod may not reference service accounts'],
    [podWith({ volumes: [{ name: 's', secret: {} }] }, mirror), 'a mirror pod may not reference secrets'],
    [
      podWith({ volumes: [{ name: 's', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] }, mirror),
      'a mirror pod may not use ServiceAccountToken volume projections',
    ],
  ];
  for (const [pod, why] of cases) {
    const running = runPlugin(accounts(), admissionRequest(pods, { object: pod }));
    if (why === undefined) await running;
    else await assert.rejects(running, { message: `pods "web" is forbidden: ${why}` });
  }
});

test('waits for the default account of a new namespace, up to ten times', async () => {
  const clock = new FakeClock();
  let looks = 0;
  const pluginWith = (foundAt: number) => {
    looks = 0;
    const get = () => (++looks < foundAt ? undefined : ({ metadata: { name: 'default' } } as ServiceAccount));
    return serviceAccount({ serviceAccounts: { get }, random: { next: () => 0.5 }, clock });
  };
  const ended = async (running: Promise<unknown>): Promise<void> => {
    let over = false;
    const settled = running.then(
      () => (over = true),
      () => (over = true),
    );
    while (!over) await clock.advance(150);
    await settled;
  };
  const pod = podWith();
  await ended(runPlugin(pluginWith(3), admissionRequest(pods, { object: pod })));
  assert.equal(looks, 3);
  assert.equal(pod.spec.serviceAccountName, 'default');

  const refused = runPlugin(pluginWith(Infinity), admissionRequest(pods, { object: podWith() }));
  await ended(refused);
  await assert.rejects(refused, { reason: 'Forbidden' });
  assert.equal(looks, 10);

  await assert.rejects(
    runPlugin(pluginWith(2), admissionRequest(pods, { object: podWith({ serviceAccountName: 'own' }) })),
    { reason: 'Forbidden' },
  );
  assert.equal(looks, 1);
  assert.equal(clock.pending, 0);
});
