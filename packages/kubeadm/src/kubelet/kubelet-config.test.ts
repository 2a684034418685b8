import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadInitConfig } from '../config/load.ts';
import { kubeletConfiguration } from './kubelet-config.ts';

const deps = {
  machine: { hostName: 'master' },
  network: { defaultAddress: () => '10.0.0.2' },
  newToken: () => 'abcdef.0123456789abcdef',
};

test("kubelets renew their leases within the controller manager's grace period", () => {
  const cases: [grace: string, user: object, seconds: number | undefined][] = [
    ['10s', {}, 10],
    ['40s', {}, undefined],
    ['1m', {}, undefined],
    ['not a duration', {}, undefined],
    ['10s', { nodeLeaseDurationSeconds: 20 }, 20],
  ];
  for (const [grace, user, seconds] of cases) {
    const text = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
controllerManager: {extraArgs: [{name: node-monitor-grace-period, value: ${grace}}]}
`;
    const { cluster } = loadInitConfig(text, {}, deps).config;
    const { nodeLeaseDurationSeconds } = kubeletConfiguration(cluster, { user, cgroupDriver: 'cgroupfs' });
    assert.equal(nodeLeaseDurationSeconds, seconds, grace);
  }
});
