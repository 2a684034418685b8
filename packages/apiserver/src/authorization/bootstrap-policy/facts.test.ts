import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ClusterRole, PolicyRule, Subject } from '@typernetes/api/rbac/v1';
import type { Draft } from '@typernetes/machinery';
import { defaultPolicy } from './default-objects.ts';

/**
 * The default permissions of upstream's v1.36, one line per resource with sorted verbs, so that equal permissions have
 * one form.
 */
const facts = readFileSync(new URL('policy.facts.txt', import.meta.url), 'utf8');

const onlyWithFeatures = ['ClusterTrustBundle', 'DRAResourcePoolStatus', 'GenericWorkload', 'PodCertificateRequest'];

test("default roles and bindings grant exactly what upstream's do", () => {
  assert.deepEqual(describePolicy().split('\n'), facts.trimEnd().split('\n'));
});

test('features that are off by default bring their roles', () => {
  const without = new Set(describePolicy().split('\n'));
  const added = (gate: string) =>
    describePolicy((one) => one === gate)
      .split('\n')
      .filter((line) => /^\w/.test(line) && !without.has(line));
  assert.deepEqual(Object.fromEntries(onlyWithFeatures.map((gate) => [gate, added(gate)])), {
    ClusterTrustBundle: [
      'ClusterRole system:cluster-trust-bundle-discovery',
      'ClusterRole system:controller:kube-apiserver-serving-clustertrustbundle-publisher',
      'ClusterRoleBinding system:cluster-trust-bundle-discovery -> system:cluster-trust-bundle-discovery: Group system:serviceaccounts',
      'ClusterRoleBinding system:controller:kube-apiserver-serving-clustertrustbundle-publisher -> system:controller:kube-apiserver-serving-clustertrustbundle-publisher: ServiceAccount kube-system/kube-apiserver-serving-clustertrustbundle-publisher',
    ],
    DRAResourcePoolStatus: [
      'ClusterRole system:controller:resourcepoolstatusrequest-controller',
      'ClusterRoleBinding system:controller:resourcepoolstatusrequest-controller -> system:controller:resourcepoolstatusrequest-controller: ServiceAccount kube-system/resourcepoolstatusrequest-controller',
    ],
    GenericWorkload: [
      'ClusterRole system:controller:podgroup-protection-controller',
      'ClusterRoleBinding system:controller:podgroup-protection-controller -> system:controller:podgroup-protection-controller: ServiceAccount kube-system/podgroup-protection-controller',
    ],
    PodCertificateRequest: [
      'ClusterRole system:controller:podcertificaterequestcleaner',
      'ClusterRoleBinding system:controller:podcertificaterequestcleaner -> system:controller:podcertificaterequestcleaner: ServiceAccount kube-system/podcertificaterequestcleaner',
    ],
  });
});

function describePolicy(gateIsOn?: (gate: string) => boolean): string {
  const { clusterRoles, clusterRoleBindings, roles, roleBindings } = defaultPolicy(gateIsOn);
  const where = ({ namespace, name }: { namespace?: string; name?: string }) =>
    namespace === undefined ? name : `${namespace}/${name}`;
  const blocks = [
    ...[...clusterRoles, ...roles].map((role) => {
      const { kind, metadata, rules } = role;
      const labels = Object.keys(metadata.labels ?? {}).flatMap((one) => /aggregate-to-(\w+)$/.exec(one)?.[1] ?? []);
      const selectors = (role as Draft<ClusterRole>).aggregationRule?.clusterRoleSelectors ?? [];
      return [
        `${kind} ${where(metadata)}`,
        ...labels.map((label) => `  is part of ${label}`),
        ...selectors.map(({ matchLabels }) => `  collects ${Object.keys(matchLabels ?? {}).join()}`),
        ...rights(rules ?? []),
      ].join('\n');
    }),
    ...[...clusterRoleBindings, ...roleBindings].map(
      ({ kind, metadata, roleRef, subjects = [] }) =>
        `${kind} ${where(metadata)} -> ${roleRef.name}: ${subjects.map(subjectName).sort().join(', ') || 'nobody'}`,
    ),
  ];
  return blocks.sort().join('\n');
}

function subjectName({ kind, namespace, name }: Subject): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/**
 * `get list pods`, `get configmaps named kube-root`, `create leases.coordination.k8s.io`: sorted, the verbs of a
 * resource together.
 */
function rights(rules: readonly PolicyRule[]): string[] {
  const verbs = new Map<string, Set<string>>();
  const grant = (what: string, rule: PolicyRule) =>
    verbs.set(what, new Set([...(verbs.get(what) ?? []), ...rule.verbs]));
  for (const rule of rules) {
    for (const url of rule.nonResourceURLs ?? []) grant(`url ${url}`, rule);
    for (const group of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? [])
        for (const name of rule.resourceNames ?? [''])
          grant(`${resource}${group === '' ? '' : `.${group}`}${name === '' ? '' : ` named ${name}`}`, rule);
  }
  return [...verbs].map(([what, granted]) => `  ${what}: ${[...granted].sort().join(' ')}`).sort();
}
