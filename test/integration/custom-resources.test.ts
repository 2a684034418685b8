import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startKubectlCluster } from './real-cluster.ts';

const cluster = await startKubectlCluster();
const { kubectl, file } = cluster;
after(() => cluster.stop());

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, kind: CronTab, shortNames: [ct], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            description: What is wanted.
            properties:
              cronSpec: {type: string, description: When it runs.}
              replicas: {type: integer, default: 1}
              ports:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [port]
                items:
                  type: object
                  required: [port]
                  properties: {port: {type: integer}, name: {type: string}}
            x-kubernetes-validations:
            - {rule: "self.replicas <= 3", messageExpression: "'at most 3, not %d'.format([self.replicas])"}
          status:
            type: object
            properties: {replicas: {type: integer}, selector: {type: string}}
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.selector}
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    - {name: Replicas, type: integer, jsonPath: .spec.replicas}
    - {name: Ports, type: string, jsonPath: ".spec.ports[*].port", priority: 1}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
`;
const tab = (spec: string): string => `apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: backup}
spec: ${spec}
`;

test("upstream's kubectl defines a resource and works with its objects", async () => {
  const path = file('definition.yaml', definition);
  assert.equal(
    await kubectl('apply', '-f', path),
    'customresourcedefinition.apiextensions.k8s.io/crontabs.stable.example.com created\n',
  );
  await kubectl('wait', '--for=condition=Established', 'crd/crontabs.stable.example.com', '--timeout=30s');
  assert.match(await kubectl('api-resources'), /crontabs +ct +stable.example.com\/v1 +true +CronTab/);

  const first = file('tab.yaml', tab('{cronSpec: "* * * * *", ports: [{port: 80}]}'));
  assert.equal(await kubectl('apply', '-f', first), 'crontab.stable.example.com/backup created\n');
  assert.equal(await kubectl('apply', '-f', first), 'crontab.stable.example.com/backup unchanged\n');
  assert.match(await kubectl('get', 'ct'), /^NAME +SPEC +REPLICAS +AGE\nbackup +\* \* \* \* \* +1 +\d+s\n$/);
  assert.match(await kubectl('get', 'ct', '-o', 'wide'), /PORTS.*\nbackup .* 80 /);
  assert.match(await kubectl('get', 'all'), /crontab.stable.example.com\/backup/);

  assert.equal(await kubectl('scale', 'ct/backup', '--replicas=2'), 'crontab.stable.example.com/backup scaled\n');
  const patch = '{"spec":{"cronSpec":"0 * * * *"}}';
  assert.equal(
    await kubectl('patch', 'ct', 'backup', '--type=merge', '-p', patch),
    'crontab.stable.example.com/backup patched\n',
  );
  assert.equal(await kubectl('get', 'ct', 'backup', '-o', 'jsonpath={.spec.replicas} {.spec.cronSpec}'), '2 0 * * * *');
  await assert.rejects(kubectl('scale', 'ct/backup', '--replicas=5'), /spec: Invalid value: at most 3, not 5/);

  const explained = await kubectl('explain', 'crontab.spec');
  assert.match(explained, /GROUP: +stable.example.com\nKIND: +CronTab\nVERSION: +v1/);
  assert.match(explained, /What is wanted[\s\S]*cronSpec\t<string>\n +When it runs/);

  await assert.rejects(
    kubectl('create', '-f', file('wrong.yaml', tab('{cronSpex: x}').replace('backup', 'wrong'))),
    /unknown field "spec.cronSpex"/,
  );
});

const apply = (manager: string, spec: string, ...more: string[]): Promise<string> =>
  kubectl(
    'apply',
    '--server-side',
    `--field-manager=${manager}`,
    '-f',
    file(`${manager}.yaml`, tab(spec).replace('backup', 'merged')),
    ...more,
  );

test('server-side apply merges lists by their keys', async () => {
  await apply('one', '{cronSpec: a, ports: [{port: 80, name: web}]}');
  await apply('two', '{ports: [{port: 90}]}');
  const ports = await kubectl('get', 'ct', 'merged', '-o', 'jsonpath={.spec.ports[*].port}');
  assert.deepEqual(ports.split(' ').sort(), ['80', '90']);
  await assert.rejects(apply('two', '{cronSpec: b}'), /conflict with "one": \.spec\.cronSpec/);
  await apply('one', '{cronSpec: a}');
  assert.equal(await kubectl('get', 'ct', 'merged', '-o', 'jsonpath={.spec.ports[*].port}'), '90');
});

test('when a list becomes atomic, it belongs to the owners of its items', async () => {
  const whole = definition
    .replace('x-kubernetes-list-type: map', 'x-kubernetes-list-type: atomic')
    .replace(/^ *x-kubernetes-list-map-keys: .*\n/m, '');
  assert.notEqual(whole, definition);
  await kubectl('apply', '-f', file('whole.yaml', whole));
  const deadline = Date.now() + 30_000;
  // The new schema takes effect a moment later.
  for (;;) {
    const refused = await apply('one', '{cronSpec: a, ports: [{port: 80}]}').then(
      () => undefined,
      (error: Error) => error,
    );
    if (refused) {
      assert.match(refused.message, /conflict with "two": \.spec\.ports$/m);
      break;
    }
    assert.ok(Date.now() < deadline, 'the list is still merged');
    await apply('one', '{cronSpec: a}');
  }
});

test('deleting a definition deletes its objects and published documents', async () => {
  assert.match(await kubectl('delete', 'crd', 'crontabs.stable.example.com'), /"crontabs.stable.example.com" deleted/);
  await assert.rejects(
    kubectl('get', 'ct'),
    /the server doesn't have a resource type "ct"|could not find the requested resource/,
  );
});
