import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PodSpec } from '@typernetes/api/core/v1';
import { PodMachine, podOf } from '../testing/pod-machine.ts';
import { checkImageSubPath, ImageMounts, type ImageVolume, imagesOfVolumes, partOfImage } from './image-volumes.ts';

const withFiles = (pullPolicy: 'Always' | 'IfNotPresent' | 'Never', mount: object = {}): PodSpec => ({
  containers: [
    { name: 'web', image: 'app:1', volumeMounts: [{ name: 'files', mountPath: '/files', ...mount }] },
    { name: 'other', image: 'app:1' },
  ],
  volumes: [{ name: 'files', image: { reference: 'files:1', pullPolicy } }],
});

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'image-volumes-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function machine(t: TestContext, images: readonly string[]): Promise<PodMachine> {
  const made = new PodMachine(await folder(t), { images });
  t.after(() => made.stop());
  return made;
}

test('a runtime that mounts images gets the image and the sub-path', async (t) => {
  const m = await machine(t, ['app:1', 'files:1']);
  m.workers.set(podOf('p', withFiles('IfNotPresent', { subPath: 'a/b' })));
  await m.until(() => m.runtime.running.length === 2);
  const mount = m.runtime.configOf('web')?.mounts?.find(({ containerPath }) => containerPath === '/files');
  assert.deepEqual(mount, {
    containerPath: '/files',
    hostPath: '',
    image: { image: 'files:1', userSpecifiedImage: 'files:1' },
    imageSubPath: 'a/b',
    readonly: true,
  });
  assert.equal(
    m.runtime.configOf('other')?.mounts?.some(({ image }) => image),
    false,
  );
});

test('only the containers that mount it wait for an image that cannot be pulled', async (t) => {
  const m = await machine(t, ['app:1']);
  const pod = podOf('p', withFiles('IfNotPresent'));
  m.workers.set(pod);
  const reason = () =>
    m.statuses.last(pod)?.containerStatuses?.find(({ name }) => name === 'web')?.state?.waiting?.reason;
  await m.until(() => m.runtime.running.includes('other/0') && reason() === 'ErrImagePull');
  await m.later(() => reason() === 'ImagePullBackOff');
  const seen = m.events.seen.join('\n');
  assert.match(seen, /Normal Pulling Pulling image "files:1"/);
  assert.match(
    seen,
    /Warning Failed Failed to pull image "files:1": rpc error: code = NotFound desc = files:1: not found/,
  );
  m.runtime.registry.add('files:1');
  await m.later(() => m.runtime.running.includes('web/0'));
});

test('the policy Never uses a present image or none', async (t) => {
  const m = await machine(t, ['app:1']);
  const pod = podOf('p', withFiles('Never'));
  m.workers.set(pod);
  const state = () => m.statuses.last(pod)?.containerStatuses?.find(({ name }) => name === 'web')?.state;
  await m.until(() => state()?.waiting?.reason === 'ErrImageNeverPull');
  assert.equal(state()?.waiting?.message, 'Container image "files:1" is not present with pull policy of Never');
});

test('if the runtime does not mount images, they are mounted in a directory and removed with the pod', async (t) => {
  const podsDir = await folder(t);
  const calls: string[] = [];
  const status = { id: 'sha256:12', repoTags: [], repoDigests: [], size: '1', uid: null, username: '', pinned: false };
  const mounts = new ImageMounts({
    podsDir,
    images: { ensure: async () => ({ spec: { image: 'sha256:12' }, status, pulled: false }) },
    runtime: {
      viewImage: async ({ image }, key) => {
        calls.push(`view ${image} ${key}`);
        return [{ type: 'overlay', source: 'overlay', options: ['lowerdir=/a:/b'] }];
      },
      removeImageView: async (key) => void calls.push(`remove ${key}`),
    },
    mounter: {
      tmpfs: async () => {},
      hugepages: async () => {},
      bind: async () => {},
      mount: async ({ type }, target) => void calls.push(`mount ${type} ${target.slice(podsDir.length)}`),
      device: async () => {},
      unmountBelow: async () => {},
    },
  });
  const pod = podOf('p', withFiles('Always'));
  assert.equal((await mounts.prepare(pod, new Set(['other']), { signal: AbortSignal.abort() })).size, 0);
  const ready = await mounts.prepare(pod, new Set(['files']), { signal: new AbortController().signal });
  const path = '/uid-p/volumes/kubernetes.io~image/files/12';
  assert.equal((ready.get('files') as ImageVolume).path, podsDir + path);
  await mounts.release('uid-p');
  await mounts.release('uid-q');
  const key = 'image-volume/uid-p/files/12';
  assert.deepEqual(calls, [`view sha256:12 ${key}`, `mount overlay ${path}`, `remove ${key}`]);
});

test('a sub-path must exist in the image', async (t) => {
  const root = await folder(t);
  await mkdir(join(root, 'image/a'), { recursive: true });
  await writeFile(join(root, 'secret'), '');
  await symlink('../../secret', join(root, 'image/a/out'));
  await symlink('a', join(root, 'image/link'));
  const image = join(root, 'image');
  assert.equal(await partOfImage(image, ''), image);
  assert.equal(await partOfImage(image, 'link'), join(image, 'a'));
  await assert.rejects(partOfImage(image, 'a/out'), /it leads out of the image/);
  await assert.rejects(partOfImage(image, 'b'), /failed to find image sub path "b": no such file or directory/);
  assert.throws(() => checkImageSubPath('/a'), /error SubPath `\/a` must not be an absolute path/);
  assert.throws(
    () => checkImageSubPath('a/../..'),
    /unable to provision SubPath `a\/\.\.\/\.\.`: must not contain '\.\.'/,
  );
});

test("image volumes are reported under the runtime's names for the images", () => {
  const named = [...imagesOfVolumes([podOf('p', withFiles('Always')), podOf('q')])];
  assert.deepEqual(named, ['docker.io/library/files:1']);
});
