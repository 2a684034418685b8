import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readComponentLine } from '@typernetes/process';
import { accepted, flags as specs } from './flags.ts';

function read(...args: string[]) {
  let printed = '';
  const print = (text: string): void => {
    printed += text;
  };
  const line = readComponentLine({ name: 'kube-scheduler', specs, accepted, version: 'v1.36.2', print }, args);
  return { line, printed };
}

test('reads the flags of manifests, and warns of those without an effect', () => {
  const { line } = read(
    '--authentication-kubeconfig=/etc/kubernetes/scheduler.conf',
    '--bind-address=127.0.0.1',
    '--cert-dir=/var/run/kubernetes',
    '--kube_api_qps=100',
    '--leader-elect=true',
    '--profiling=false',
    '--tls-min-version=VersionTLS13',
  );
  assert.deepEqual(line?.warnings, [
    'Flag --kube-api-qps has no effect: requests are not limited here, the API server does that',
  ]);
  assert.equal(line?.flags['tls-min-version'], 'VersionTLS13');
  assert.equal(line?.flags.profiling, false);
});

test('prints help and version, and rejects arguments that are not flags', () => {
  const { line, printed } = read('-h');
  assert.equal(line, undefined);
  assert.match(printed, /^Usage:\n {2}kube-scheduler \[flags\]\n\nFlags:\n/);
  assert.match(printed, /\n {6}--secure-port int +The port .* \(default 10259\)\n/);
  assert.match(printed, /\n {6}--kube-api-qps int +Has no effect: /);
  assert.equal(read('--version').printed, 'Kubernetes v1.36.2\n');
  assert.throws(() => read('run', 'it'), {
    message: '"kube-scheduler" does not take any arguments, got ["run" "it"]',
  });
});
