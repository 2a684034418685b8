import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeProxyConfig, decodeProxyConfig, proxyConfigKind, validateProxyConfig } from '@typernetes/kube-proxy';
import { encodeYaml, parseComponentFlags, withConfigFlags } from '@typernetes/process';
import { accepted, fields, forEveryMode, flags as specs } from './flags.ts';

const configOf = (...args: string[]) => withConfigFlags({}, fields, parseComponentFlags(specs, accepted, args));

test('without a file, the flags are the configuration', () => {
  const file = configOf(
    '--kubeconfig=/var/lib/kube-proxy/kubeconfig',
    '--cluster-cidr=10.244.0.0/16',
    '--conntrack-tcp-timeout-established=2h',
    '--detect-local-mode=BridgeInterface',
    '--pod-bridge-interface=cni0',
    '--iptables-localhost-nodeports=false',
    '--masquerade-all',
    '--nodeport-addresses=192.0.2.0/24,10.0.0.0/8',
    '--feature-gates=AllAlpha=false',
  );
  const config = completeProxyConfig(decodeProxyConfig(encodeYaml({ ...proxyConfigKind, ...file })));
  assert.deepEqual(validateProxyConfig(config), []);
  const { kubeconfig, podDetection, nodePortAddresses, conntrack } = config;
  const { localhostNodePorts, masqueradeAll } = config.iptables;
  assert.deepEqual(
    { kubeconfig, nodePortAddresses, localhostNodePorts, masqueradeAll },
    {
      kubeconfig: '/var/lib/kube-proxy/kubeconfig',
      nodePortAddresses: ['192.0.2.0/24', '10.0.0.0/8'],
      localhostNodePorts: false,
      masqueradeAll: true,
    },
  );
  assert.deepEqual([podDetection.mode, podDetection.bridgeInterface], ['BridgeInterface', 'cni0']);
  assert.equal(conntrack.tcpEstablishedSeconds, 7200);
});

test('every flag sets a configuration field of its type', () => {
  const values = { string: '1s', number: '1', boolean: 'true', list: 'a', numbers: '1', map: 'A=true', below: 'a<1' };
  for (const [name, [, kind]] of Object.entries(fields)) {
    const file = configOf(`--${name}=${values[kind]}`);
    assert.ok(Object.keys(file).length === 1, name);
    decodeProxyConfig(encodeYaml({ ...proxyConfigKind, ...file }));
  }
});

test('modes that detect pods need their settings', () => {
  const problemsOf = (...args: string[]): string[] => validateProxyConfig(completeProxyConfig(configOf(...args)));
  assert.deepEqual(problemsOf('--detect-local-mode=BridgeInterface'), [
    'KubeProxyConfiguration.DetectLocal.BridgeInterface: Invalid value: "": must not be empty and at most 15 characters long',
  ]);
  assert.deepEqual(problemsOf('--detect-local-mode=Guess'), [
    'KubeProxyConfiguration.DetectLocalMode: Unsupported value: "Guess": supported values: "BridgeInterface", "ClusterCIDR", "InterfaceNamePrefix", "NodeCIDR"',
  ]);
});

test('--masquerade-all is for every mode', () => {
  const config = completeProxyConfig(forEveryMode(configOf('--masquerade-all', '--proxy-mode=nftables')));
  assert.deepEqual(
    [config.mode, config.nftables.masqueradeAll, config.iptables.masqueradeAll],
    ['nftables', true, true],
  );
});
