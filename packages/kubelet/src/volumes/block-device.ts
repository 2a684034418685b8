import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '@typernetes/base';

/** Runs a program of the machine; rejects with its exit code as `code`. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<{ readonly stdout: string }>;

const onMachine: RunProgram = promisify(execFile);

/** Options of the programs that make file systems; as upstream gives them (mount-utils' SafeFormatAndMount). */
const makeOptions: Readonly<Record<string, readonly string[]>> = {
  ext3: ['-F', '-m0'],
  ext4: ['-F', '-m0'],
  xfs: ['-f'],
};

/** Devices being prepared, by path: two pods that arrive at once must not both find one empty. */
const busy = new Map<string, Promise<void>>();

export interface DeviceMount {
  readonly device: string;
  readonly target: string;
  /** The file system type to format an empty device with, and to mount. */
  readonly fsType: string;
  readonly options: readonly string[];
}

/** Mounts the file system of a block device, which is made if the device has nothing on it and may be written, and checked otherwise. */
export async function mountDevice(mount: DeviceMount, run: RunProgram = onMachine): Promise<void> {
  const before = busy.get(mount.device);
  const turn = (async () => {
    // Whoever was first has told its own caller how that went.
    await before?.catch(() => undefined);
    await formatAndMount(mount, run);
  })();
  busy.set(mount.device, turn);
  try {
    await turn;
  } finally {
    if (busy.get(mount.device) === turn) busy.delete(mount.device);
  }
}

async function formatAndMount({ device, target, fsType, options }: DeviceMount, run: RunProgram): Promise<void> {
  const found = await formatOf(device, run);
  const readOnly = options.includes('ro');
  if (found === undefined) {
    if (readOnly) throw new Error(`cannot mount unformatted disk ${device} as it is in read-only mode`);
    await run(`mkfs.${fsType}`, [...(makeOptions[fsType] ?? []), device]);
  } else if (!readOnly) await check(device, run);
  const chosen = options.length > 0 ? ['-o', options.join(',')] : [];
  await run('mount', ['-t', fsType, ...chosen, device, target]);
}

/** Repairs what can be repaired without asking; the program itself skips a device that another pod has mounted. */
async function check(device: string, run: RunProgram): Promise<void> {
  try {
    await run('fsck', ['-a', device]);
  } catch (error) {
    // 4: errors remain. Other codes mean that errors were corrected, or that it could not be checked: mounting will
    // tell.
    if (error instanceof Error && 'code' in error && error.code !== 4) return;
    throw new Error(`'fsck' found errors on device ${device} but could not correct them: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** What is on a device; undefined if it is empty. A partition table is something. */
async function formatOf(device: string, run: RunProgram): Promise<string | undefined> {
  try {
    const { stdout } = await run('blkid', ['-p', '-s', 'TYPE', '-s', 'PTTYPE', '-o', 'export', device]);
    return /^TYPE=(.*)$/m.exec(stdout)?.[1] ?? 'unknown data, probably partitions';
  } catch (error) {
    // The exit code for finding nothing.
    if (error instanceof Error && 'code' in error && error.code === 2) return undefined;
    throw error;
  }
}
