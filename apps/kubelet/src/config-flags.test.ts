import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeConfiguration, decodeConfiguration, validateConfiguration } from '@typernetes/kubelet';
import { encodeYaml, parseFlags } from '@typernetes/process';
import { configFlags, withFlags } from './config-flags.ts';
import { flags as specs } from './flags.ts';

const parsed = (file: object, ...args: string[]) => {
  const { flags, given } = parseFlags({ ...configFlags, ...specs }, args);
  return withFlags(file, flags, given);
};

test('flags override the file, and feature gates are merged', () => {
  const file = { maxPods: 5, port: 1, evictionHard: { 'nodefs.available': '1%' }, featureGates: { A: true, B: true } };
  assert.deepEqual(
    parsed(
      file,
      '--max-pods=50',
      '--eviction-hard=memory.available<200Mi,nodefs.available<5%',
      '--kube-reserved=cpu=100m,memory=1Gi',
      '--cluster-dns=10.0.0.10,fd00::a',
      '--anonymous-auth=false',
      '--authorization-mode=Webhook',
      '--feature-gates=B=false,C=true',
      '--rotate-certificates',
      '--node-ip=10.0.0.1',
    ),
    {
      maxPods: 50,
      port: 1,
      evictionHard: { 'memory.available': '200Mi', 'nodefs.available': '5%' },
      kubeReserved: { cpu: '100m', memory: '1Gi' },
      clusterDNS: ['10.0.0.10', 'fd00::a'],
      authentication: { anonymous: { enabled: false } },
      authorization: { mode: 'Webhook' },
      featureGates: { A: true, B: false, C: true },
      rotateCertificates: true,
    },
  );
  assert.deepEqual(file.featureGates, { A: true, B: true }, 'the file is left as it was');
  assert.throws(() => parsed({}, '--eviction-hard=memory.available'), { message: /expect string<string/ });
  assert.throws(() => parsed({}, '--feature-gates=A=maybe'), { message: /invalid value of A=maybe/ });
});

test('every flag sets a configuration field of its type', () => {
  const values: Readonly<Record<string, string>> = {
    string: '1s',
    number: '1',
    boolean: 'true',
    list: 'a<1',
    map: 'A=true',
  };
  for (const [name, { type }] of Object.entries(configFlags)) {
    const value = name === 'tls-curve-preferences' ? '29' : values[type];
    const config = parsed({}, `--${name}=${value}`);
    const header = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' };
    assert.ok(Object.keys(config).length === 1, name);
    decodeConfiguration(encodeYaml({ ...header, ...config }));
  }
  assert.deepEqual(validateConfiguration(completeConfiguration(parsed({}))), []);
});
