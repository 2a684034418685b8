import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, PodSpec } from '@typernetes/api/core/v1';
import { podOf } from '../testing/pod-machine.ts';
import { containerSecurityContext, type ImageUser, sandboxSecurityContext } from './security-context.ts';

const root: ImageUser = { uid: 0, name: '' };

function contextOf(own: Container['securityContext'], spec: Partial<PodSpec> = {}, options: object = {}) {
  const container: Container = { name: 'c', ...(own ? { securityContext: own } : {}) };
  const pod = podOf('p', { containers: [container], ...spec });
  return containerSecurityContext(pod, container, {
    seccompDir: '/seccomp',
    seccompDefault: false,
    imageUser: root,
    userNamespace: { mode: 'NODE' },
    ...options,
  });
}

test("a container's settings override its pod's", () => {
  const context = contextOf(
    { runAsUser: 5, seLinuxOptions: { level: 's0:c1' } },
    {
      securityContext: {
        runAsUser: 1,
        runAsGroup: 2,
        fsGroup: 3,
        supplementalGroups: [4],
        seLinuxOptions: { type: 'spc_t' },
        appArmorProfile: { type: 'Localhost', localhostProfile: 'tight' },
      },
    },
  );
  assert.deepEqual([context.runAsUser, context.runAsGroup], [{ value: '5' }, { value: '2' }]);
  assert.deepEqual(context.supplementalGroups, ['3', '4']);
  assert.deepEqual(context.selinuxOptions, { user: '', role: '', type: '', level: 's0:c1' }, 'as a whole');
  assert.deepEqual(context.apparmor, { profileType: 'Localhost', localhostRef: 'tight' });
});

test('the runtime is asked for nothing that the pod does not ask for', () => {
  const { apparmor, selinuxOptions, privileged, readonlyRootfs, noNewPrivs, seccomp, runAsUser } = contextOf(undefined);
  assert.deepEqual([apparmor, selinuxOptions], [undefined, undefined]);
  assert.deepEqual([privileged, readonlyRootfs, noNewPrivs], [false, false, false]);
  assert.deepEqual([seccomp, runAsUser], [{ profileType: 'Unconfined' }, { value: '0' }]);
});

test('sets capabilities, privileges and masked paths', () => {
  const capabilities = { add: ['NET_ADMIN'], drop: ['ALL'] };
  const context = contextOf({ capabilities, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
  assert.deepEqual(context.capabilities, { addCapabilities: ['NET_ADMIN'], dropCapabilities: ['ALL'] });
  assert.deepEqual([context.readonlyRootfs, context.noNewPrivs], [true, true]);
  assert.ok(context.maskedPaths?.includes('/proc/kcore') && context.readonlyPaths?.includes('/proc/sys'));
  for (const own of [{ privileged: true }, { procMount: 'Unmasked' }] as const) {
    const { maskedPaths, readonlyPaths } = contextOf(own);
    assert.deepEqual([maskedPaths, readonlyPaths], [[], []]);
  }
});

test('seccomp profiles come from the container, its pod or the node; privileged containers have none', () => {
  const runtime = { type: 'RuntimeDefault' } as const;
  const local = { type: 'Localhost', localhostProfile: 'audit.json' } as const;
  assert.deepEqual(contextOf({ seccompProfile: local }).seccomp, {
    profileType: 'Localhost',
    localhostRef: '/seccomp/audit.json',
  });
  assert.deepEqual(contextOf(undefined, { securityContext: { seccompProfile: runtime } }).seccomp, {
    profileType: 'RuntimeDefault',
  });
  assert.deepEqual(contextOf(undefined, {}, { seccompDefault: true }).seccomp, { profileType: 'RuntimeDefault' });
  assert.deepEqual(contextOf({ privileged: true, seccompProfile: local }).seccomp, { profileType: 'Unconfined' });
});

test("a pod's seccomp profile does not apply to its sandbox", () => {
  const local = { type: 'Localhost', localhostProfile: 'audit.json' } as const;
  for (const seccompProfile of [local, { type: 'Unconfined' } as const]) {
    const pod = podOf('p', { securityContext: { seccompProfile } });
    const { seccomp } = sandboxSecurityContext(pod, { userNamespace: { mode: 'NODE' } });
    assert.deepEqual(seccomp, { profileType: 'RuntimeDefault' });
  }
});

test('runAsNonRoot rejects containers that would run as root', () => {
  const nonRoot = { runAsNonRoot: true };
  for (const [own, imageUser, message] of [
    [nonRoot, root, /image will run as root/],
    [nonRoot, { uid: undefined, name: '' }, /image will run as root/],
    [{ ...nonRoot, runAsUser: 0 }, root, /runAsUser breaks non-root policy/],
    [nonRoot, { uid: undefined, name: 'app' }, /image has non-numeric user \(app\), cannot verify/],
  ] as const)
    assert.throws(() => contextOf(own, {}, { imageUser }), { message });
  contextOf({ ...nonRoot, runAsUser: 7 });
  contextOf(nonRoot, {}, { imageUser: { uid: 7, name: '' } });
});

test("shares namespaces as the pod's spec says", () => {
  const options = { userNamespace: { mode: 'NODE' } } as const;
  const shared = (spec: Partial<PodSpec>) => {
    const { network, ipc, pid } = sandboxSecurityContext(podOf('p', spec), options).namespaceOptions ?? {};
    return [network, ipc, pid];
  };
  assert.deepEqual(shared({}), ['POD', 'POD', 'CONTAINER']);
  assert.deepEqual(shared({ hostNetwork: true, hostIPC: true, hostPID: true }), ['NODE', 'NODE', 'NODE']);
  assert.deepEqual(shared({ shareProcessNamespace: true }), ['POD', 'POD', 'POD']);
  const target = contextOf(undefined, {}, { targetId: 'x' }).namespaceOptions;
  assert.deepEqual([target?.pid, target?.targetId], ['TARGET', 'x']);
});
