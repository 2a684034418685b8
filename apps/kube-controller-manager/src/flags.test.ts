import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseComponentFlags } from '@typernetes/process';
import { accepted } from './accepted-flags.ts';
import { flags as specs } from './flags.ts';
import { controllersOf, flagProblems, settingsOf } from './options.ts';

const parse = (...args: string[]) => parseComponentFlags(specs, accepted, args);

/** Flags found in manifests: kubeadm's, extra arguments of users, and other installers'. */
const usual = [
  '--allocate-node-cidrs=true',
  '--attach-detach-reconcile-sync-period=1m0s',
  '--authentication-skip-lookup=false',
  '--cert-dir=/var/run/kubernetes',
  '--cidr-allocator-type=RangeAllocator',
  '--cloud-provider=external',
  '--cluster-signing-duration=720h',
  '--concurrent-gc-syncs=30',
  '--concurrent_rc_syncs=7',
  '--configure-cloud-routes=false',
  '--contention-profiling=false',
  '--endpointslice-updates-batch-period=500ms',
  '--flex-volume-plugin-dir=/opt/flex',
  '--kube-api-content-type=application/vnd.kubernetes.protobuf',
  '--mirroring-concurrent-service-endpoint-syncs=3',
  '--node-monitor-grace-period=40s',
  '--permit-port-sharing',
  '--profiling=false',
  '--pvclaimbinder-sync-period=15s',
  '--requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt',
  '--route-reconciliation-period=10s',
  '--terminated-pod-gc-threshold=10',
  '--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  '--tls-min-version=VersionTLS12',
  '--use-service-account-credentials=true',
];

test('reads the flags of manifests, and warns of those without an effect', () => {
  const { flags, warnings } = parse(...usual);
  assert.deepEqual(flagProblems(flags), []);
  const { concurrentSyncs } = settingsOf(flags);
  assert.deepEqual(
    [concurrentSyncs.garbage, concurrentSyncs.replicationController, concurrentSyncs.endpointSliceMirroring],
    [30, 7, 3],
  );
  assert.equal(settingsOf(flags).dynamicProvisioning, true);
  assert.equal(settingsOf(parse('--enable-dynamic-provisioning=false').flags).dynamicProvisioning, false);
  assert.deepEqual([concurrentSyncs.daemonSet, concurrentSyncs.deployment], [2, 5]);
  assert.deepEqual(
    warnings.filter((warning) => /cloud|batch/.test(warning)),
    [
      'Flag --cloud-provider has no effect: there are no cloud providers',
      'Flag --configure-cloud-routes has no effect: there are no cloud providers',
      'Flag --endpointslice-updates-batch-period has no effect: what has changed is seen at once',
      'Flag --route-reconciliation-period has no effect: there are no cloud providers',
    ],
  );
});

test('reports invalid values', () => {
  const problemsOf = (...args: string[]): string[] => flagProblems(parse(...args).flags);
  assert.deepEqual(problemsOf('--secure-port=70000', '--tls-cert-file=a', '--tls-min-version=SSL'), [
    '--secure-port 70000 must be between 0 and 65535, inclusive. 0 for turning off secure port',
    'missing filename for serving cert',
    'unknown tls version "SSL"',
  ]);
  assert.deepEqual(problemsOf('--controllers=*,-gc'), ['"gc" is not in the list of known controllers']);
  assert.deepEqual(
    problemsOf(
      '--cluster-signing-cert-file=a',
      '--cluster-signing-key-file=b',
      '--cluster-signing-kubelet-serving-cert-file=c',
      '--cluster-signing-kubelet-serving-key-file=d',
    ),
    ['cannot specify --cluster-signing-{cert,key}-file and other --cluster-signing-*-file flags at the same time'],
  );
  assert.throws(() => parse('--port=10252'), { message: 'unknown flag: --port' });
});

test('the garbage collector has its own flag to turn it off', () => {
  assert.deepEqual(controllersOf(parse('--enable-garbage-collector=false').flags), [
    '*',
    '-garbage-collector-controller',
  ]);
});
