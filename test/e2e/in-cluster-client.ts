import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { eventually } from '../eventually.ts';
import type { Shell, Walkthrough } from '../walkthrough/walkthrough.ts';

const namespace = 'in-cluster';

/**
 * A pod whose program finds the API through the files and variables of every container, with the rights of its role.
 */
export function testInClusterClient(on: { all(): Walkthrough; machine: string; host(): Shell }): void {
  test('a program in a pod finds the API with the client of its language, and has the rights of its role', async () => {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, 'in-cluster-program.ts')],
      ...{ bundle: true, write: false, platform: 'node', format: 'esm' },
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    on.all().write(on.machine, '/root/in-cluster/main.mjs', outputFiles[0]?.text ?? assert.fail());
    const host = on.host();
    // Any image that contains Node.
    const image = await host.run(
      "kubectl get pod -n kube-system -l component=kube-scheduler -o jsonpath='{.items[0].spec.containers[0].image}'",
    );
    await host.run('kubectl apply -f -', {
      input: JSON.stringify({ kind: 'List', apiVersion: 'v1', items: objects(image) }),
    });
    await eventually(async () =>
      assert.equal(await host.run(`kubectl get pod client -n ${namespace} -o jsonpath='{.status.phase}'`), 'Succeeded'),
    );
    const said = JSON.parse(await host.run(`kubectl logs client -n ${namespace}`));
    assert.deepEqual(said, { namespace, pods: ['client'], secrets: '403' });
    await host.run(`kubectl delete namespace ${namespace}`);
  });
}

const objects = (image: string): object[] => {
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name: 'client', namespace };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'client' },
      subjects: [{ kind: 'ServiceAccount', name: 'client', namespace }],
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: {
        serviceAccountName: 'client',
        restartPolicy: 'Never',
        containers: [
          {
            name: 'client',
            image,
            command: ['/usr/local/lib/typernetes/node', '/program/main.mjs'],
            volumeMounts: [{ name: 'program', mountPath: '/program', readOnly: true }],
          },
        ],
        volumes: [{ name: 'program', hostPath: { path: '/root/in-cluster', type: 'Directory' } }],
      },
    },
  ];
};
