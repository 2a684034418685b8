import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '@typernetes/base';
import { cpuWeightOf, type GroupLimits } from './group-limits.ts';

/** A unit's property in the format of `busctl`: name, type and value. */
type UnitProperty = readonly [name: string, type: string, ...value: string[]];

/** Runs one of systemd's programs to its end; if it fails, rejects with its output. */
type RunSystemd = (program: 'busctl' | 'systemctl', args: readonly string[]) => Promise<void>;

const execute = promisify(execFile);

const runSystemd: RunSystemd = async (program, args) => {
  await execute(program, [...args]).catch((error: { stderr?: string }) => {
    throw new Error(`${program}: ${error.stderr?.trim() || messageOf(error)}`, { cause: error });
  });
};

/** A slice may be called `-.slice`: the following arguments are not options. */
const callManager = [
  ...['--system', '--', 'call', 'org.freedesktop.systemd1', '/org/freedesktop/systemd1'],
  'org.freedesktop.systemd1.Manager',
];

/** systemd knows quotas of whole hundredths of a processor. */
const quotaStep = 10_000;

/**
 * The slices of pods, managed through systemd: limits that are only written to the cgroup's files would be overwritten
 * the next time systemd applies its units (upstream: the systemd manager of libcontainer).
 */
export class SystemdSlices {
  readonly #version: 1 | 2;
  readonly #run: RunSystemd;
  /** The limits last sent for each slice. */
  readonly #written = new Map<string, string>();

  constructor(version: 1 | 2, run: RunSystemd = runSystemd) {
    this.#version = version;
    this.#run = run;
  }

  /** Creates a slice with these limits, or updates an existing one. Idempotent; does nothing if nothing changed. */
  async set(slice: string, limits: GroupLimits): Promise<void> {
    const properties = limitProperties(limits, this.#version);
    const text = JSON.stringify(properties);
    if (this.#written.get(slice) === text) return;
    const call = (method: string, signature: string, args: readonly string[]) =>
      this.#run('busctl', [...callManager, method, signature, ...args]);
    try {
      const own = [...unitProperties(slice, this.#version), ...properties];
      await call('StartTransientUnit', 'ssa(sv)a(sa(sv))', [slice, 'replace', ...written(own), '0']);
      // Answered once it runs, as the call before is not.
      await this.#run('systemctl', ['start', slice]);
    } catch (error) {
      if (!/already (exists|loaded)|was already/.test(messageOf(error))) throw error;
      await call('SetUnitProperties', 'sba(sv)', [slice, 'true', ...written(properties)]);
    }
    this.#written.set(slice, text);
  }

  /** Gives limits to a unit that is somebody else's. */
  async limit(unit: string, limits: GroupLimits): Promise<void> {
    const properties = written(limitProperties(limits, this.#version));
    await this.#run('busctl', [...callManager, 'SetUnitProperties', 'sba(sv)', unit, 'true', ...properties]);
  }

  /** Ends a slice with all that is in it. Idempotent. */
  async remove(slice: string): Promise<void> {
    this.#written.delete(slice);
    await this.#run('systemctl', ['stop', slice]);
  }
}

/** The number of properties, then each of them. */
function written(properties: readonly UnitProperty[]): readonly string[] {
  return [String(properties.length), ...properties.flat()];
}

/** The properties of a new slice. */
function unitProperties(slice: string, version: 1 | 2): readonly UnitProperty[] {
  return [
    ['Description', 's', `Kubernetes pods: ${slice}`],
    ['Wants', 'as', '1', parentSlice(slice)],
    ['MemoryAccounting', 'b', 'true'],
    ['CPUAccounting', 'b', 'true'],
    [version === 2 ? 'IOAccounting' : 'BlockIOAccounting', 'b', 'true'],
    ['TasksAccounting', 'b', 'true'],
    ['DefaultDependencies', 'b', 'false'],
  ];
}

/** The limits that systemd supports; it does not support huge pages. */
export function limitProperties(limits: GroupLimits, version: 1 | 2): readonly UnitProperty[] {
  const { cpuShares, cpuQuota, cpuPeriod = 100_000, memoryLimit, pids } = limits;
  const quota = cpuQuota === undefined ? 0 : Math.ceil((cpuQuota * 1_000_000) / cpuPeriod / quotaStep) * quotaStep;
  return [
    version === 2 ? ['CPUWeight', 't', String(cpuWeightOf(cpuShares))] : ['CPUShares', 't', String(cpuShares)],
    ...(cpuQuota === undefined
      ? []
      : [['CPUQuotaPeriodUSec', 't', String(cpuPeriod)] as const, ['CPUQuotaPerSecUSec', 't', String(quota)] as const]),
    ...(memoryLimit === undefined
      ? []
      : [[version === 2 ? 'MemoryMax' : 'MemoryLimit', 't', String(memoryLimit)] as const]),
    ...(pids === undefined ? [] : [['TasksMax', 't', String(pids)] as const]),
  ];
}

/** `kubepods-burstable.slice` of `kubepods-burstable-podu.slice`, `-.slice` of `kubepods.slice`. */
function parentSlice(slice: string): string {
  const name = slice.replace(/\.slice$/, '');
  const at = name.lastIndexOf('-');
  return at < 0 ? '-.slice' : `${name.slice(0, at)}.slice`;
}
