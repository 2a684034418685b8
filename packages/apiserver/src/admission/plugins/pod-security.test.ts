import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments } from '@typernetes/api/apps/v1';
import { type Namespace, namespaces, type Pod, pods } from '@typernetes/api/core/v1';
import { admissionRequest, runPlugin } from '../../testing/admission-request.ts';
import { literalReads } from '../../testing/object-reads.ts';
import { podSecurityRules } from '../pod-security/configuration.ts';
import { podSecurity } from './pod-security.ts';

const enforcing = (labels: Record<string, string>) =>
  podSecurity({
    namespaces: literalReads([{ metadata: { name: 'default', labels } }] as never),
    pods: literalReads<Pod>([]),
  });
const enforce = (level: string) => enforcing({ 'pod-security.kubernetes.io/enforce': level });
const pod = (spec: object, container: object = {}) => ({
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'c', ...container }], ...spec },
});
const safe = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

test('a namespace without labels allows everything', async () => {
  await runPlugin(
    enforcing({}),
    admissionRequest(pods, { object: pod({ hostNetwork: true }, { securityContext: { privileged: true } }) }),
  );
});

const cases: [string, object, string | undefined][] = [
  ['baseline', pod({}), undefined],
  ['baseline', pod({ hostNetwork: true, hostPID: true }), 'host namespaces (hostNetwork=true, hostPID=true)'],
  [
    'baseline',
    pod({}, { securityContext: { privileged: true } }),
    'privileged (container "c" must not set securityContext.privileged=true)',
  ],
  [
    'baseline',
    pod({
      volumes: [
        { name: 'a', hostPath: {} },
        { name: 'b', hostPath: {} },
      ],
    }),
    'hostPath volumes (volumes "a", "b")',
  ],
  ['baseline', pod({}, { ports: [{ hostPort: 80 }] }), 'hostPort (container "c" uses hostPort 80)'],
  [
    'baseline',
    pod({}, { securityContext: { capabilities: { add: ['NET_ADMIN', 'CHOWN'] } } }),
    'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)',
  ],
  ['baseline', pod({ securityContext: { sysctls: [{ name: 'kernel.msgmax' }] } }), 'forbidden sysctls (kernel.msgmax)'],
  [
    'restricted',
    pod({}),
    'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), ' +
      'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), ' +
      'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), ' +
      'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  ],
  ['restricted', pod({ volumes: [{ name: 's', projected: {} }] }, { securityContext: safe }), undefined],
  [
    'restricted',
    pod({ volumes: [{ name: 'n', nfs: {} }] }, { securityContext: safe }),
    'restricted volume types (volume "n" uses restricted volume type "nfs")',
  ],
  [
    'restricted',
    pod({}, { securityContext: { ...safe, runAsUser: 0 } }),
    'runAsUser=0 (container "c" must not set runAsUser=0)',
  ],
];

for (const [level, object, broken] of cases) {
  test(`${level}: ${broken ?? 'allowed'}`, async () => {
    const running = runPlugin(enforce(level), admissionRequest(pods, { object }));
    if (broken === undefined) await running;
    else
      await assert.rejects(running, {
        message: `pods "web" is forbidden: violates PodSecurity "${level}:latest": ${broken}`,
      });
  });
}

test('templates are warned about, never refused', async () => {
  const warnings: string[] = [];
  const labels = { 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/warn': 'baseline' };
  const object = { metadata: { name: 'web' }, spec: { template: pod({ hostIPC: true }) } };
  const request = { ...admissionRequest(deployments, { object }), warn: (text: string) => void warnings.push(text) };
  await runPlugin(enforcing(labels), request);
  assert.deepEqual(warnings, ['would violate PodSecurity "baseline:latest": host namespaces (hostIPC=true)']);
});

test('applies the checks of the version in the label', async () => {
  const sysctl = pod({ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }] } });
  const probe = pod({}, { livenessProbe: { httpGet: { host: '10.0.0.1', port: 80 } } });
  const root = pod({ hostUsers: false }, { securityContext: { ...safe, runAsNonRoot: undefined, runAsUser: 0 } });
  const versions: [string, string, object, string | undefined][] = [
    ['baseline', 'v1.31', sysctl, 'forbidden sysctls (net.ipv4.tcp_rmem)'],
    ['baseline', 'v1.32', sysctl, undefined],
    ['baseline', 'v1.33', probe, undefined],
    ['baseline', 'latest', probe, 'probe or lifecycle host (container "c" uses probe or lifecycle host "10.0.0.1")'],
    [
      'restricted',
      'v1.34',
      root,
      'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), runAsUser=0 (container "c" must not set runAsUser=0)',
    ],
    ['restricted', 'v1.35', root, undefined],
  ];
  for (const [level, version, object, broken] of versions) {
    const labels = {
      'pod-security.kubernetes.io/enforce': level,
      'pod-security.kubernetes.io/enforce-version': version,
    };
    const running = runPlugin(enforcing(labels), admissionRequest(pods, { object }));
    if (broken === undefined) await running;
    else
      await assert.rejects(running, {
        message: `pods "web" is forbidden: violates PodSecurity "${level}:${version}": ${broken}`,
      });
  }
});

test('violations of the audit level become annotations', async () => {
  const annotations: [string, string][] = [];
  const labels = { 'pod-security.kubernetes.io/audit': 'baseline' };
  const object = pod({ hostPID: true });
  const request = admissionRequest(pods, { object, annotate: (key, value) => annotations.push([key, value]) });
  await runPlugin(enforcing(labels), request);
  assert.deepEqual(annotations, [
    [
      'pod-security.kubernetes.io/audit-violations',
      'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    ],
    ['pod-security.kubernetes.io/enforce-policy', 'privileged:latest'],
  ]);
});

test('whom the configuration exempts nothing holds', async () => {
  const rules = podSecurityRules({
    defaults: { enforce: 'restricted' },
    exemptions: { usernames: ['admin'], namespaces: ['kube-system'], runtimeClasses: ['gvisor'] },
  });
  const plugin = podSecurity({ namespaces: literalReads<Namespace>([]), pods: literalReads<Pod>([]), rules });
  const admin = { username: 'admin', groups: [] };
  const object = pod({ hostPID: true });
  await assert.rejects(
    runPlugin(plugin, admissionRequest(pods, { object })),
    /violates PodSecurity "restricted:latest"/,
  );
  await runPlugin(plugin, admissionRequest(pods, { object, user: admin }));
  await runPlugin(plugin, admissionRequest(pods, { object, namespace: 'kube-system' }));
  await runPlugin(plugin, admissionRequest(pods, { object: pod({ hostPID: true, runtimeClassName: 'gvisor' }) }));
  assert.throws(
    () => podSecurityRules({ defaults: { warn: 'odd' }, exemptions: {} }),
    /defaults.warn: Invalid value: "odd": must be one of privileged, baseline, restricted/,
  );
});

test('checks labels of namespaces, and names the pods that a new level would refuse', async () => {
  const warnings: string[] = [];
  const running = ['b', 'a', 'c'].map((name) => ({ ...pod({ hostPID: true }), metadata: { name, namespace: 'team' } }));
  const plugin = podSecurity({ namespaces: literalReads<Namespace>([]), pods: literalReads<Pod>(running) });
  const namespace = (labels: Record<string, string>) => ({ metadata: { name: 'team', labels } });
  const warn = (message: string) => void warnings.push(message);
  const update = {
    operation: 'UPDATE' as const,
    oldObject: namespace({}),
    object: namespace({ 'pod-security.kubernetes.io/enforce': 'baseline' }),
    warn,
  };
  await runPlugin(plugin, admissionRequest(namespaces, update));
  assert.deepEqual(warnings, [
    'existing pods in namespace "team" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 2 other pods): host namespaces',
  ]);
  await assert.rejects(
    runPlugin(plugin, admissionRequest(namespaces, { object: namespace({ 'pod-security.kubernetes.io/warn': 'x' }) })),
    /metadata.labels\[pod-security.kubernetes.io\/warn\]: Invalid value: "x": must be one of privileged, baseline, restricted/,
  );
});

test('ignores harmless updates of a running pod', async () => {
  const old = pod({ hostPID: true }, { image: 'a' });
  const change = (object: object) =>
    runPlugin(enforce('baseline'), admissionRequest(pods, { operation: 'UPDATE', object, oldObject: old }));
  await change({ ...old, metadata: { name: 'web', labels: { a: 'b' } } });
  await assert.rejects(change(pod({ hostPID: true }, { image: 'b' })), /violates PodSecurity/);
});
