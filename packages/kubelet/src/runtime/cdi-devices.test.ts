import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerConfig } from '@typernetes/cri';
import { CdiDevices } from './cdi-devices.ts';

const config: ContainerConfig = {
  metadata: { name: 'c', attempt: 0 },
  image: { image: 'i' } as ContainerConfig['image'],
  envs: [{ key: 'GPU', value: Buffer.from('none') }],
};

async function folders(t: TestContext, files: Readonly<Record<string, string | object>>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cdi-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return ['etc', 'run', 'absent'].map((name) => join(folder, name));
}

const asking = (...names: string[]): ContainerConfig => ({ ...config, cdiDevices: names.map((name) => ({ name })) });
const runtime = (injects: boolean) => ({ injectsCdiDevices: async () => injects });

test('a runtime with CDI support gets the device names, and no file is read', async () => {
  const asked = asking('x/y=a');
  assert.equal(await new CdiDevices(runtime(true), ['/absent']).complete(asked, {}), asked);
  assert.equal(await new CdiDevices({ injectsCdiDevices: () => assert.fail() }).complete(config, {}), config);
});

test('for a runtime without it, the kubelet applies the device edits to the container', async (t) => {
  const directories = await folders(t, {
    'etc/gpus.yaml': `
cdiVersion: 0.6.0
kind: example.com/gpu
containerEdits:
  env: [DRIVER=1]
  mounts: [{hostPath: /opt/lib, containerPath: /lib/gpu, options: [ro, nosuid, rslave]}]
devices:
- name: g0
  containerEdits:
    env: [GPU=g0=first]
    deviceNodes: [{path: /dev/gpu0, hostPath: /dev/null, permissions: rw}, {path: /dev/zero}]
    additionalGids: [44]
- name: g1
  containerEdits: {env: [OLD=1]}
`,
    'run/claim.json': { kind: 'example.com/gpu', devices: [{ name: 'g1', containerEdits: { env: ['NEW=1'] } }] },
    'run/broken.json': '{',
    'run/other.txt': '',
  });
  const complete = await new CdiDevices(runtime(false), directories).complete(
    asking('example.com/gpu=g0', 'example.com/gpu=g1'),
    {},
  );
  assert.deepEqual(complete, {
    ...config,
    envs: ['DRIVER=1', 'GPU=g0=first', 'NEW=1'].map((pair) => {
      const [key = '', ...value] = pair.split('=');
      return { key, value: Buffer.from(value.join('=')) };
    }),
    mounts: [
      {
        hostPath: '/opt/lib',
        containerPath: '/lib/gpu',
        readonly: true,
        propagation: 'PROPAGATION_HOST_TO_CONTAINER',
      },
    ],
    devices: [
      { containerPath: '/dev/gpu0', hostPath: '/dev/null', permissions: 'rw' },
      { containerPath: '/dev/zero', hostPath: '/dev/zero', permissions: 'rwm' },
    ],
    linux: { securityContext: { supplementalGroups: ['44'] } },
  });
});

test('reports devices that are missing or ambiguous, and edits that only a runtime can apply', async (t) => {
  const device = (containerEdits: object) => ({ kind: 'x/y', devices: [{ name: 'a', containerEdits }] });
  const refused = async (files: Readonly<Record<string, object>>, message: RegExp): Promise<void> => {
    const devices = new CdiDevices(runtime(false), await folders(t, files));
    await assert.rejects(devices.complete(asking('x/y=a'), {}), { message });
  };
  const unknown = /^CDI device injection failed: unresolvable CDI devices x\/y=a$/;
  await refused({}, unknown);
  await refused({ 'etc/1.json': device({}), 'etc/2.json': device({}) }, unknown);
  await refused(
    { 'etc/1.json': device({ hooks: [{ hookName: 'createContainer', path: '/x' }] }) },
    /there are no hooks$/,
  );
  const mounts = [{ hostPath: 'tmpfs', containerPath: '/x', type: 'tmpfs' }];
  await refused({ 'etc/1.json': device({ mounts }) }, /there are no mounts of type tmpfs$/);
});
