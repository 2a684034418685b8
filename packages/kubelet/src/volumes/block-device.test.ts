import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountDevice, type RunProgram } from './block-device.ts';

/** Programs of a machine with one disk, and what was run. */
function machine(disk: { format?: string }) {
  const runs: string[] = [];
  const run: RunProgram = async (program, args) => {
    if (program === 'blkid') {
      // Another pod may come in the meantime.
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

test('an empty disk gets a file system, once, though two pods come at the same time', async () => {
  const { run, runs } = machine({});
  await Promise.all(['/a', '/b'].map((target) => mountDevice({ ...disk, target }, run)));
  assert.deepEqual(runs, [
    'mkfs.ext4 -F -m0 /dev/sdb',
    'mount -t ext4 /dev/sdb /a',
    'fsck -a /dev/sdb',
    'mount -t ext4 /dev/sdb /b',
  ]);
});

test('a disk with a file system is mounted as it is, with the options that are wanted', async () => {
  const { run, runs } = machine({ format: 'TYPE=xfs' });
  await mountDevice({ ...disk, fsType: 'xfs', options: ['noatime', 'ro'], target: '/a' }, run);
  assert.deepEqual(runs, ['mount -t xfs -o noatime,ro /dev/sdb /a']);
});

test('nothing is made on a disk that may only be read, or that has partitions', async () => {
  const empty = machine({});
  await assert.rejects(mountDevice({ ...disk, options: ['ro'], target: '/a' }, empty.run), {
    message: 'cannot mount unformatted disk /dev/sdb as it is in read-only mode',
  });
  assert.deepEqual(empty.runs, []);
  const parted = machine({ format: 'PTTYPE=gpt' });
  await mountDevice({ ...disk, target: '/a' }, parted.run);
  assert.deepEqual(parted.runs, ['fsck -a /dev/sdb', 'mount -t ext4 /dev/sdb /a']);
});

test('a disk whose errors cannot be corrected is not mounted; one that is mounted already cannot be looked at, and is', async () => {
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

test('a disk that failed for one pod is tried anew for the next', async () => {
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
