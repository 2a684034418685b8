import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerRuntime } from '@typernetes/cri';
import type { FakeRuntime } from '@typernetes/cri/testing';
import { PodMachine, podOf } from '../testing/pod-machine.ts';
import { LogLinks } from './log-links.ts';

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'log-links-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a link points to the log, names its container, and is removed with the log', async (t) => {
  const folder = await folderFor(t);
  const links = new LogLinks(join(folder, 'links'));
  const file = join(folder, '0.log');
  const of = { podName: 'web', namespace: 'shop', container: 'main', id: 'abc' };
  await links.add(of, file);
  await writeFile(file, '');
  await links.add(of, file);
  await links.add({ ...of, container: 'x'.repeat(300) }, file);
  const [long = '', name = ''] = (await readdir(join(folder, 'links'))).sort((a, b) => b.length - a.length);
  assert.deepEqual([name, long.length], ['web_shop_main-abc.log', 255]);
  assert.equal(await readlink(join(folder, 'links', name)), file);
  await links.removeDead();
  assert.equal((await readdir(join(folder, 'links'))).length, 2);
  await links.remove(of);
  assert.deepEqual(await readdir(join(folder, 'links')), [long]);
  await rm(file);
  await links.removeDead();
  assert.deepEqual(await readdir(join(folder, 'links')), []);
});

test('a container keeps its link as long as it exists', async (t) => {
  const folder = await folderFor(t);
  const writing = (runtime: FakeRuntime): ContainerRuntime =>
    new Proxy<FakeRuntime>(runtime, {
      get(target, name) {
        const own: unknown = Reflect.get(target, name);
        if (typeof own !== 'function') return own;
        if (name !== 'startContainer') return own.bind(target);
        return async (id: string) => {
          const { logPath } = await target.containerStatus(id);
          await mkdir(dirname(logPath), { recursive: true });
          await writeFile(logPath, 'hello\n');
          await target.startContainer(id);
        };
      },
    });
  const machine = new PodMachine(folder, { through: writing });
  t.after(() => machine.stop());
  const pod = podOf('web', { containers: [{ name: 'main', image: 'app:1' }] });
  machine.workers.set(pod);
  const links = join(folder, 'log-links');
  // Only names while links are being removed, on another thread: one may vanish before its target is read.
  const names = () => readdirSync(links);
  for (const attempt of [0, 1, 2]) {
    await machine.later(() => machine.runtime.running.includes(`main/${attempt}`));
    if (attempt < 2) machine.runtime.exit('main', 1);
  }
  const logs = join(folder, 'logs', `default_web_${pod.metadata.uid}`, 'main');
  await machine.later(() => machine.runtime.calls.includes('remove main/0'));
  await machine.later(() => names().length === 2);
  assert.deepEqual(
    names()
      .map((name) => readlinkSync(join(links, name)))
      .sort(),
    [1, 2].map((attempt) => join(logs, `${attempt}.log`)),
  );
  machine.workers.remove(pod.metadata.uid);
  await machine.later(() => names().length === 0);
});
