import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments } from '@typernetes/api/apps/v1';
import { pods } from '@typernetes/api/core/v1';
import { admissionRequest, runPlugin } from '../../testing/admission-request.ts';
import { literalReads } from '../../testing/object-reads.ts';
import { podSecurity } from './pod-security.ts';

const enforcing = (labels: Record<string, string>) =>
  podSecurity({ namespaces: literalReads([{ metadata: { name: 'default', labels } }] as never) });
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
