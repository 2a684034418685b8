import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocuments } from '@typernetes/process';
import { withEndpoint } from './kubeadm-config.ts';

test('the endpoint goes where the version of the configuration has it, and an own one stays', () => {
  const cases: [string, object[]][] = [
    ['kind: ClusterConfiguration\nx: 1', [{ controlPlaneEndpoint: 'a:1', kind: 'ClusterConfiguration', x: 1 }]],
    [
      'kind: MasterConfiguration\napi: {bindPort: 7}',
      [{ kind: 'MasterConfiguration', api: { controlPlaneEndpoint: 'a:1', bindPort: 7 } }],
    ],
    [
      'kind: ClusterConfiguration\ncontrolPlaneEndpoint: mine:2',
      [{ controlPlaneEndpoint: 'mine:2', kind: 'ClusterConfiguration' }],
    ],
    [
      'kind: InitConfiguration',
      [
        { kind: 'InitConfiguration' },
        { apiVersion: 'kubeadm.k8s.io/v1beta4', kind: 'ClusterConfiguration', controlPlaneEndpoint: 'a:1' },
      ],
    ],
  ];
  for (const [text, expected] of cases) assert.deepEqual(decodeDocuments(withEndpoint(text, 'a:1')), expected);
});
