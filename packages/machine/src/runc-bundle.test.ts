import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilityNames, machineBundle } from './runc-bundle.ts';

test('capabilities are those of the set, by name', () => {
  assert.deepEqual(capabilityNames('0000000000000000'), []);
  assert.deepEqual(capabilityNames('0000000000201001'), ['CAP_CHOWN', 'CAP_NET_ADMIN', 'CAP_SYS_ADMIN']);
  const withoutResource = capabilityNames('000001fffeffffff');
  assert.equal(withoutResource.length, 40);
  assert.equal(withoutResource.includes('CAP_SYS_RESOURCE'), false);
});

test('a machine shares no namespace with the host and sees its own folders', () => {
  const bundle = machineBundle({
    hostname: 'm',
    rootfs: '/state/rootfs',
    cgroup: '/typernetes/m',
    initProgram: '/init',
    environment: { PATH: '/bin' },
    capabilities: ['CAP_NET_ADMIN'],
    volumes: { '/var/log': '/state/log' },
    readOnlyVolumes: { '/programs': '/state/programs' },
  }) as {
    linux: { namespaces: { type: string }[] };
    mounts: { destination: string; source: string; options: string[] }[];
  };
  assert.deepEqual(bundle.linux.namespaces.map(({ type }) => type).sort(), [
    'cgroup',
    'ipc',
    'mount',
    'network',
    'pid',
    'uts',
  ]);
  const at = (destination: string) => bundle.mounts.findLast((mount) => mount.destination === destination);
  assert.deepEqual(at('/var/log')?.options, ['rbind']);
  assert.deepEqual(at('/programs')?.options, ['rbind', 'ro']);
  assert.equal(at('/run')?.source, 'tmpfs');
});
