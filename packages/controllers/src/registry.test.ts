import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controllerNameProblems, selectControllers } from './registry.ts';

const one = (name: string, disabledByDefault = false) => ({
  name: `${name}-controller`,
  serviceAccount: name,
  disabledByDefault,
  build: () => undefined,
});
const all = [one('deployment'), one('replicaset'), one('bootstrap-signer', true), one('token-cleaner', true)];

const cases: [flag: string[], selected: string[]][] = [
  [['*'], ['deployment', 'replicaset']],
  [
    ['*', 'bootstrapsigner', 'tokencleaner'],
    ['deployment', 'replicaset', 'bootstrap-signer', 'token-cleaner'],
  ],
  [['*', '-replicaset'], ['deployment']],
  [['-deployment-controller', '*', 'deployment'], ['replicaset']],
  [['replicaset-controller'], ['replicaset']],
];
for (const [flag, selected] of cases) {
  test(`--controllers=${flag}`, () =>
    assert.deepEqual(
      selectControllers(flag, all).map(({ serviceAccount }) => serviceAccount),
      selected,
    ));
}

test('reports unknown controller names', () => {
  const old = [
    'pvc-protection',
    'horizontalpodautoscaling',
    'csrsigning',
    'ttl-after-finished',
    'clusterrole-aggregation',
  ];
  assert.deepEqual(controllerNameProblems(['*', '-route', 'service-lb-controller', ...old]), []);
  assert.deepEqual(controllerNameProblems(['*', '-pods']), ['"pods" is not in the list of known controllers']);
});
