import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startKubectlCluster } from './real-cluster.ts';

const { kubectl, file, stop } = await startKubectlCluster();
after(stop);

const manifest = file(
  'deployment.yaml',
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: "nginx:1.7.9", ports: [{containerPort: 80}]}]}
`,
);

test("upstream's kubectl applies, reads, patches and deletes", async () => {
  assert.equal(await kubectl('apply', '-f', manifest), 'deployment.apps/web created\n');
  assert.equal(await kubectl('apply', '-f', manifest), 'deployment.apps/web unchanged\n');
  assert.match(
    await kubectl('get', 'deployments', '-o', 'wide'),
    /NAME +READY +UP-TO-DATE +AVAILABLE +AGE.*\nweb +0\/2 /,
  );
  assert.match(await kubectl('describe', 'deployment', 'web'), /StrategyType: +RollingUpdate/);
  assert.equal(await kubectl('scale', 'deployment/web', '--replicas=3'), 'deployment.apps/web scaled\n');
  const patch = '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","image":"nginx:1.8"}]}}}}';
  assert.equal(await kubectl('patch', 'deployment', 'web', '-p', patch), 'deployment.apps/web patched\n');
  const shown = await kubectl(
    'get',
    'deployment',
    'web',
    '-o',
    'jsonpath={.spec.replicas} {..image} {.metadata.generation}',
  );
  assert.equal(shown, '3 nginx:1.8 3');
  assert.match(await kubectl('delete', '-f', manifest), /deployment.apps "web" deleted/);
});

test('its typed commands speak protobuf', async () => {
  assert.equal(await kubectl('create', 'deployment', 'typed', '--image=nginx'), 'deployment.apps/typed created\n');
  assert.equal(await kubectl('auth', 'can-i', 'create', 'pods'), 'yes\n');
  await assert.rejects(kubectl('auth', 'can-i', 'create', 'pods', '--as=nobody'), /no/);
});

test('it refuses what the server refuses', async () => {
  const wrong = file('wrong.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndatas: {x: y}\n');
  await assert.rejects(kubectl('apply', '-f', wrong), /strict decoding error: unknown field "datas"/);
  await assert.rejects(kubectl('get', 'pods', 'none'), /Error from server \(NotFound\): pods "none" not found/);
});

test('a watch prints what changes', async () => {
  const watching = kubectl('get', 'configmaps', '--watch', '--request-timeout=5s', '-o', 'name').catch(
    (error: { stdout: string }) => error.stdout,
  );
  await kubectl('create', 'configmap', 'seen', '--from-literal=a=b');
  assert.match(await watching, /configmap\/seen/);
});
