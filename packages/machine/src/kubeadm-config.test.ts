import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocuments } from '@typernetes/process';
import { withEndpoint, withHostNames } from './kubeadm-config.ts';

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

test("the API server's certificate is to be good for this host's names, beside those that are asked for", () => {
  const certSANs = ['localhost', '127.0.0.1'];
  const cases: [string, object[]][] = [
    [
      'kind: ClusterConfiguration\napiServer: {certSANs: [a, localhost], extraArgs: []}',
      [{ kind: 'ClusterConfiguration', apiServer: { certSANs: ['a', ...certSANs], extraArgs: [] } }],
    ],
    ['kind: MasterConfiguration', [{ kind: 'MasterConfiguration', apiServerCertSANs: certSANs }]],
    [
      'apiVersion: kubeadm.k8s.io/v1alpha3\nkind: ClusterConfiguration',
      [{ apiVersion: 'kubeadm.k8s.io/v1alpha3', kind: 'ClusterConfiguration', apiServerCertSANs: certSANs }],
    ],
    [
      'apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration',
      [
        { apiVersion: 'kubeadm.k8s.io/v1beta3', kind: 'InitConfiguration' },
        { apiVersion: 'kubeadm.k8s.io/v1beta3', kind: 'ClusterConfiguration', apiServer: { certSANs } },
      ],
    ],
    [
      'kind: InitConfiguration',
      [
        { kind: 'InitConfiguration' },
        { apiVersion: 'kubeadm.k8s.io/v1beta4', kind: 'ClusterConfiguration', apiServer: { certSANs } },
      ],
    ],
  ];
  for (const [text, expected] of cases) assert.deepEqual(decodeDocuments(withHostNames(text)), expected);
});
