import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startControlPlane } from 'typernetes';
import { eventually } from './api.ts';
import { assertSame, bothKubectls, withoutAges } from './kubectl-beside-upstream.ts';

const objects = join(import.meta.dirname, 'describe', 'objects.yaml');

test('objects are shown in every output format as by upstream', async () => {
  await using plane = await startControlPlane({ controllers: ['endpointslice-controller'], scheduler: false });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-get-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    await both.upstream('apply', '--server-side', '-f', objects);
    await both.upstream('create', 'namespace', 'sorting');
    for (const [name, size] of [
      ['proxy-6vgnk', '1Ki'],
      ['proxy-22cr6', '1000'],
      ['proxy-1', '5k'],
    ] as const) {
      await both.upstream('create', 'configmap', name, '-n', 'sorting', `--from-literal=size=${size}`);
    }
    await eventually(async () => (await both.upstream('get', 'deployment/web', '-n', 'shop')).code === 0 || undefined);
    for (const line of [
      'get',
      'get deploy -n shop -o foo',
      'get deploy,sts,svc -n shop',
      'get deploy,sts -n shop -o wide --show-labels -L app,tier',
      'get deploy -A --no-headers --show-kind',
      'get svc,ingress -n shop --server-print=false',
      'get svc -A --server-print=false',
      'get deploy/web svc/web -n shop',
      'get deploy web -n shop --subresource=status',
      'get deploy web -n shop --subresource=nothing',
      'get deploy --subresource=status',
      'get --raw /api',
      'get --raw /api more',
      'get services -n shop --sort-by=.spec.type',
      'get quota -n shop --sort-by={.metadata.name} -o name',
      'get cm -n sorting --sort-by=.metadata.name -o name',
      'get cm -n sorting --sort-by=.data.size',
      'get cm -n sorting --sort-by=.data.size --server-print=false',
      'get cm -n sorting --sort-by=.spec.none',
      'get cm -n sorting --sort-by=.spec.none --ignore-not-found',
      'get cm -A --sort-by={.spec.none}',
      'get cm -n sorting --sort-by=.spec.none -o name',
      'get cm -n sorting --sort-by=.spec.none --server-print=false',
      'get cm proxy-1 -n sorting --sort-by=.spec.none',
      'get cm proxy-1 -n sorting --sort-by=.spec.none -o name',
      'get cm proxy-1 proxy-22cr6 -n sorting --sort-by=.spec.none',
      'get cm,svc -n shop --sort-by=.spec.none',
      'rollout history deploy/web sts/db ds/agent -n shop',
      'rollout history deploy/web sts/db ds/agent -n shop --revision=1',
      'rollout history deploy/web -n shop --revision=1 -o name',
      'get svc -n shop --field-selector=metadata.name=web -o name',
      'get svc -n shop -l app=nothing',
      'get svc nothing -n shop --ignore-not-found',
      'get svc nothing web -n shop -o name',
      'get svc -n shop --chunk-size=1 -o name',
      'get svc --output-watch-events',
      'get svc web -n shop -o json',
      'get svc -n shop -o yaml',
      `get svc web -n shop -o jsonpath-file=${file('path', '{.metadata.name} {.spec.ports[*].port}')}`,
      `get svc web -n shop -o jsonpath-file=${join(folder, 'nothing')}`,
      'get svc web -n shop -o jsonpath-as-json={.spec.ports[*].port}{.kind}',
      'get svc web -n shop -o jsonpath={.spec.nosuch} --allow-missing-template-keys=false',
      'get svc web -n shop -o jsonpath={.spec.ports[9].port}',
      'get svc -n shop -o jsonpath-as-json={.items[0].spec.type[0]}',
      'get svc -n shop -o jsonpath={range.items[*]}{.metadata.name}{"\\n"}{end}',
      `get svc web -n shop -o custom-columns-file=${file('columns', 'N   K\nmetadata.name kind\n')}`,
      'get svc,deploy -n shop -o custom-columns=N:.metadata.name,P:.spec.ports[*].port',
      'get svc web -n shop -o custom-columns=N',
      `get svc -n shop -o go-template-file=${file('template', '{{range .items}}{{.metadata.name}}\n{{end}}')}`,
      'get svc web -n shop --template={{.kind}}',
      'get svc web -n shop -o go-template={{range.spec.ports}}{{.port}},{{end}}{{.a.b}}',
      'get svc web -n shop -o go-template={{.spec.type.x}}',
      'get svc web -n shop -o go-template={{.x}} --allow-missing-template-keys=false',
      'get svc web -n shop -o go-template={{eq',
      'get svc web -n shop -o go-template={{nothing}}',
      'get svc web -n shop -o go-template',
      `get -f ${file('service.json', JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } }))} -o name`,
    ]) {
      await assertSame(both, line, withoutAges);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Its short name is also that of Deployments. */
const depots = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'depots.sea.example' },
  spec: {
    group: 'sea.example',
    scope: 'Namespaced',
    names: { plural: 'depots', singular: 'depot', kind: 'Depot', shortNames: ['deploy'] },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

test("warns of a custom resource's short name that a well-known kind has too", async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile }, { input: JSON.stringify(depots) });
  await both.upstream('create', '-f', '-');
  await eventually(async () => (await both.upstream('get', 'depots')).code === 0 || undefined);
  for (const line of [
    'get deploy',
    'get deploy,po',
    'get deployments',
    'get DEPLOY',
    'delete deploy none',
    'explain deploy',
  ])
    await assertSame(both, line, withoutAges);
});
