import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetworkPolicy, NetworkPolicySpec } from '@typernetes/api/networking/v1';
import { namespaces, pod, policy } from '../testing/objects.ts';
import { planPolicies } from './plan.ts';

const pods = [
  pod('db', '10.244.0.5'),
  pod('web', '10.244.0.6'),
  pod('far', '10.244.1.7', { node: 'there' }),
  pod('guest', '10.244.1.8', { node: 'there', namespace: 'other' }),
  pod('agent', '172.30.0.10', { spec: { nodeName: 'here', hostNetwork: true, containers: [] } }),
  pod('done', '10.244.0.9', { labels: { app: 'db' }, phase: 'Succeeded' }),
];
const ranges = ['10.244.0.0/24'];
const plan = (...policies: NetworkPolicy[]) => planPolicies({ node: 'here', ranges, policies, pods, namespaces });
const app = (name: string) => ({ podSelector: { matchLabels: { app: name } } });

test('a policy without rules denies all ingress and does not affect egress', () => {
  const { ingress, egress } = plan(policy('deny', { podSelector: {} }));
  assert.deepEqual([ingress, egress], [[{ pods: ['10.244.0.5', '10.244.0.6'], rules: [] }], []]);
  assert.deepEqual(plan(policy('deny', { policyTypes: ['Egress'] })).egress, [
    { pods: ['10.244.0.5', '10.244.0.6'], rules: [] },
  ]);
});

test('policies add up, and only those count that select the pod in its namespace', () => {
  const { ingress } = plan(
    policy('b', { ...app('db'), ingress: [{ from: [app('web')] }] }),
    policy('a', { ...app('db'), ingress: [{ from: [{ namespaceSelector: {} }] }] }),
    policy('elsewhere', { podSelector: {}, ingress: [{}] }, 'other'),
  );
  assert.deepEqual(ingress, [
    {
      pods: ['10.244.0.5'],
      rules: [
        {
          policy: 'default/a',
          peers: { addresses: ['10.244.0.5', '10.244.0.6', '10.244.1.7', '10.244.1.8'], blocks: [] },
          ports: undefined,
        },
        { policy: 'default/b', peers: { addresses: ['10.244.0.6'], blocks: [] }, ports: undefined },
      ],
    },
  ]);
});

test('peers are pods of this namespace, of other namespaces, selected by both, or IP blocks', () => {
  const peersOf = (...from: NonNullable<NonNullable<NetworkPolicySpec['ingress']>[number]['from']>) =>
    plan(policy('p', { ...app('db'), ingress: [{ from }] })).ingress[0]?.rules[0]?.peers;
  const other = { matchLabels: { 'kubernetes.io/metadata.name': 'other' } };
  assert.deepEqual(peersOf({ podSelector: {} })?.addresses, ['10.244.0.5', '10.244.0.6', '10.244.1.7']);
  assert.deepEqual(peersOf({ namespaceSelector: other })?.addresses, ['10.244.1.8']);
  assert.deepEqual(peersOf({ namespaceSelector: other, ...app('web') })?.addresses, []);
  assert.deepEqual(peersOf({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.9.0.0/16'] } })?.blocks, [
    { cidr: '10.0.0.0/8', except: ['10.9.0.0/16'] },
  ]);
  assert.equal(peersOf(), undefined, 'an empty list is everybody');
});

test('a named port is resolved for each destination pod: the isolated pod, or its peer', () => {
  const ports = [{ port: 'web' }, { protocol: 'UDP' as const }, { port: 80, endPort: 90 }];
  const made = plan(
    policy('in', { podSelector: {}, ingress: [{ ports }] }),
    policy('out', { ...app('web'), policyTypes: ['Egress'], egress: [{ to: [app('far')], ports: [{ port: 'web' }] }] }),
  );
  assert.deepEqual(made.ingress[0]?.rules[0]?.ports, [
    {
      protocol: 'TCP',
      port: {
        of: [
          { address: '10.244.0.5', port: 5432 },
          { address: '10.244.0.6', port: 8080 },
        ],
      },
    },
    { protocol: 'UDP', port: 'any' },
    { protocol: 'TCP', port: { from: 80, to: 90 } },
  ]);
  const [named] = made.egress[0]?.rules[0]?.ports ?? [];
  assert.ok(named && typeof named.port === 'object' && 'of' in named.port);
  assert.ok(named.port.of.some(({ address, port }) => address === '10.244.1.7' && port === 8080));
});

test('until a selected pod has an address, unknown addresses wait in that direction', () => {
  const coming = (spec: object = {}) =>
    pod('new', [], { phase: 'Pending', spec: { nodeName: 'here', containers: [], ...spec } });
  const waits = (policies: NetworkPolicy[], ...more: ReturnType<typeof pod>[]) =>
    planPolicies({ node: 'here', ranges, policies, pods: [...pods, ...more], namespaces }).waits;
  const nobody = { ingress: false, egress: false };
  const closed = policy('closed', { ...app('new'), policyTypes: ['Egress'] });
  assert.deepEqual(waits([closed]), nobody);
  assert.deepEqual(waits([closed], coming()), { ingress: false, egress: true });
  assert.deepEqual(waits([policy('other', { ...app('web') })], coming()), nobody);
  assert.deepEqual(waits([closed], coming({ nodeName: 'there' })), nobody);
  assert.deepEqual(waits([closed], coming({ hostNetwork: true })), nobody);
  const { known } = plan(closed);
  assert.deepEqual(known, ['10.244.0.5', '10.244.0.6']);
});
