import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { RuntimeHandler } from '@typernetes/cri';
import { mountsRecursively, recursiveReadOnly } from '../pod/recursive-read-only.ts';
import { PodMachine, podOf } from '../testing/pod-machine.ts';
import { subordinateIds } from './subordinate-ids.ts';
import { UserNamespaces } from './user-namespaces.ts';

const unit = 65_536;
const able: RuntimeHandler = { name: '', features: { recursiveReadOnlyMounts: true, userNamespaces: true } };
const unable: RuntimeHandler = { name: 'vm', features: { recursiveReadOnlyMounts: false, userNamespaces: false } };
const alone = (name: string) => podOf(name, { hostUsers: false });

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'user-namespaces-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

function namespaces(podsDir: string, { first = unit, pods = 2, maxPods = 2 } = {}): UserNamespaces {
  const ids = async () => ({ first, length: unit * pods });
  return new UserNamespaces({ podsDir, handlers: () => [able, unable], ids, idsPerPod: unit, maxPods });
}

test('each pod has its own ids, and keeps them across a restart', async (t) => {
  const podsDir = await folder(t);
  const given = namespaces(podsDir);
  assert.deepEqual(await given.of(podOf('shared'), ''), { mode: 'NODE' });
  const mappings = (hostId: number) => [{ hostId, containerId: 0, length: unit }];
  const first = { mode: 'POD', uids: mappings(unit), gids: mappings(unit) };
  assert.deepEqual(await given.of(alone('p'), ''), first);
  assert.deepEqual(await given.of(alone('p'), ''), first);
  const second = await given.of(alone('q'), '');
  assert.deepEqual(second.uids, mappings(2 * unit));
  await assert.rejects(given.of(alone('r'), ''), {
    message: 'create user namespace: could not find an empty slot to allocate a user namespace',
  });
  assert.deepEqual(JSON.parse(await readFile(join(podsDir, 'uid-p/userns'), 'utf8')), {
    uidMappings: mappings(unit),
    gidMappings: mappings(unit),
  });
  const later = namespaces(podsDir);
  assert.deepEqual(await later.of(alone('q'), ''), second);
  await rm(join(podsDir, 'uid-p'), { recursive: true });
  later.release('uid-p');
  assert.deepEqual((await later.of(alone('r'), '')).uids, mappings(unit));
});

test('reports handlers without support, ids that do not fit and files that it cannot have written', async (t) => {
  const podsDir = await folder(t);
  const why = "can't set `spec.hostUsers: false`, RuntimeClass handler";
  const given = namespaces(podsDir);
  await assert.rejects(given.of(alone('p'), 'vm'), { message: `${why} "vm" does not support user namespaces` });
  await assert.rejects(given.of(alone('p'), 'x'), {
    message: `${why} "x" does not support user namespaces: the handler "x" is not known`,
  });
  await assert.rejects(namespaces(podsDir, { first: 0 }).of(alone('p'), ''), /assigned ID 0 must be greater/);
  await assert.rejects(
    namespaces(podsDir, { first: 1 }).of(alone('p'), ''),
    /assigned ID 1 is not a multiple of 65536/,
  );
  await assert.rejects(namespaces(podsDir, { maxPods: 3 }).of(alone('p'), ''), /not enough to support 3 pods/);
  const mapping = [{ hostId: unit, containerId: 1, length: unit }];
  await mkdir(join(podsDir, 'uid-q'));
  await writeFile(join(podsDir, 'uid-q/userns'), JSON.stringify({ uidMappings: mapping, gidMappings: mapping }));
  await assert.rejects(given.of(alone('p'), ''), /invalid user namespace configuration: UID 0 must be mapped/);
});

test('takes ids for pods from the ranges of the user kubelet', async (t) => {
  const etc = await folder(t);
  const write = (file: string, text: string) => writeFile(join(etc, file), text);
  assert.deepEqual(await subordinateIds(unit, etc), { first: unit, length: 2 ** 32 - unit });
  await write('passwd', 'root:x:0:0::/root:/bin/sh\nkubelet:x:998:998::/:/bin/false\n');
  await write('subuid', 'other:1:2\nkubelet:131072:655360\n');
  await write('subgid', '998:131072:655360\n');
  assert.deepEqual(await subordinateIds(unit, etc), { first: 131_072, length: 655_360 });
  await write('subgid', 'kubelet:131072:65536\n');
  await assert.rejects(subordinateIds(unit, etc), /mismatched subuids and subgids for user "kubelet"/);
});

test('sandbox, containers and their mounts use the ids of the pod', async (t) => {
  const m = new PodMachine(await folder(t));
  t.after(() => m.stop());
  m.runtime.handlers = [able];
  const mount = { name: 'data', mountPath: '/data', readOnly: true, recursiveReadOnly: 'Enabled' };
  const containers = [{ name: 'web', image: 'app:1', volumeMounts: [mount] }];
  const pod = podOf('p', { hostUsers: false, containers, volumes: [{ name: 'data', emptyDir: {} }] });
  m.workers.set(pod);
  await m.until(() => m.statuses.last(pod)?.phase === 'Running');
  const config = m.runtime.configOf('web');
  const ids = [{ hostId: unit, containerId: 0, length: unit }];
  const { usernsOptions } = config?.linux?.securityContext?.namespaceOptions ?? {};
  assert.deepEqual(usernsOptions, { mode: 'POD', uids: ids, gids: ids });
  assert.ok(config?.mounts?.every(({ uidMappings, gidMappings }) => uidMappings === gidMappings && uidMappings));
  assert.equal(config?.mounts?.find(({ containerPath }) => containerPath === '/data')?.recursiveReadOnly, true);
  assert.deepEqual(m.statuses.last(pod)?.containerStatuses?.[0]?.volumeMounts, [mount]);
});

test('recursive read-only mounts are used if the runtime supports them, else refused', () => {
  const mount = { name: 'v', mountPath: '/v', readOnly: true };
  assert.equal(recursiveReadOnly(mount, true), false);
  assert.equal(recursiveReadOnly({ ...mount, recursiveReadOnly: 'IfPossible' }, false), false);
  assert.equal(recursiveReadOnly({ ...mount, recursiveReadOnly: 'IfPossible' }, true), true);
  const asked = 'volume "v" requested recursive read-only mode, but it is not';
  const refused = (fields: object, message: string): void =>
    assert.throws(() => recursiveReadOnly({ ...mount, recursiveReadOnly: 'Enabled', ...fields }, false), {
      message: `${asked} ${message}`,
    });
  refused({}, 'supported by the runtime');
  refused({ readOnly: false }, 'read-only');
  refused({ mountPropagation: 'HostToContainer' }, 'compatible with propagation "HostToContainer"');
  assert.deepEqual([mountsRecursively([able, unable], ''), mountsRecursively([able, unable], 'vm')], [true, false]);
});
