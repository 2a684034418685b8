import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountDevice, type RunProgram } from './block-device.ts';

/** A machine with one disk, and a record of the programs that were run. */
function machine(disk: { format?: string }) {
  const runs: string[] = [];
  const run: RunProgram = async (program, args) => {
    if (program === 'blkid') {
      // Another pod may arrive in the meantime.
      await new Promise(setImmediate);
      if (disk.format === undefined) throw Object.assign(new Error('blkid'), { code: 2 });
      return { stdout: `DEVNAME=/dev/sdb\n${disk.format}\n` };
    }
    runs.push([program, ...args].join(' '));
    if (program.startsWith('mkfs.')) disk.format = `TYPE=${program.slice('mkfs.'.length)}`;
    return { stdout: '' };
  };
  return { run, runs };
}

const disk = { device: '/dev/sdb', fsType: 'ext4', options: [] };

test('formats an empty disk once, even if two pods arrive at the same time', async () => {
  const { run, runs } = machine({});
  await Promise.all(['/a', '/b'].map((target) => mountDevice({ ...disk, target }, run)));
  assert.deepEqual(runs, [
    'mkfs.ext4 -F -m0 /dev/sdb',
    'mount -t ext4 /dev/sdb /a',
    'fsck -a /dev/sdb',
    'mount -t ext4 /dev/sdb /b',
  ]);
});

test('mounts a disk with a file system as it is, with the requested options', async () => {
  const { run, runs } = machine({ format: 'TYPE=xfs' });
  await mountDevice({ ...disk, fsType: 'xfs', options: ['noatime', 'ro'], target: '/a' }, run);
  assert.deepEqual(runs, ['mount -t xfs -o noatime,ro /dev/sdb /a']);
});

test('never formats a read-only disk, or one with partitions', async () => {
  const empty = machine({});
  await assert.rejects(mountDevice({ ...disk, options: ['ro'], target: '/a' }, empty.run), {
    message: 'cannot mount unformatted disk /dev/sdb as it is in read-only mode',
  });
  assert.deepEqual(empty.runs, []);
  const parted = machine({ format: 'PTTYPE=gpt' });
  await mountDevice({ ...disk, target: '/a' }, parted.run);
  assert.deepEqual(parted.runs, ['fsck -a /dev/sdb', 'mount -t ext4 /dev/sdb /a']);
});

test('does not mount a disk with uncorrectable errors; mounts one that cannot be checked because it is in use', async () => {
  const checkedWith = (code: number) => {
    const { run, runs } = machine({ format: 'TYPE=ext4' });
    const checking: RunProgram = async (program, args) => {
      if (program === 'fsck') throw Object.assign(new Error('e2fsck'), { code });
      return run(program, args);
    };
    return { runs, done: mountDevice({ ...disk, target: '/a' }, checking) };
  };
  await assert.rejects(checkedWith(4).done, { message: /^'fsck' found errors on device \/dev\/sdb but could not/ });
  const mounted = checkedWith(8);
  await mounted.done;
  assert.deepEqual(mounted.runs, ['mount -t ext4 /dev/sdb /a']);
});

test('a disk that failed for one pod is tried again for the next', async () => {
  const { run, runs } = machine({});
  let broken = true;
  const sometimes: RunProgram = async (program, args) => {
    if (program.startsWith('mkfs.') && broken) throw new Error('mkfs: no space');
    return run(program, args);
  };
  await assert.rejects(mountDevice({ ...disk, target: '/a' }, sometimes), /no space/);
  broken = false;
  await mountDevice({ ...disk, target: '/b' }, sometimes);
  assert.deepEqual(runs, ['mkfs.ext4 -F -m0 /dev/sdb', 'mount -t ext4 /dev/sdb /b']);
});
