import { readFile } from 'node:fs/promises';
import { codeOf } from '@typernetes/base';
import type { DraDeviceHealth } from '@typernetes/cri';
import { checkpointFile } from '../files/checkpoint.ts';

type Health = 'Healthy' | 'Unhealthy' | 'Unknown';

/** The last known health of a device, with upstream's field names in `<root>/dra_health_state`. */
interface KnownHealth {
  readonly PoolName: string;
  readonly DeviceName: string;
  readonly Health: Health;
  /** When the driver last spoke of the device. */
  readonly LastUpdated: string;
  /** Nanoseconds. Older reports no longer count. */
  readonly HealthCheckTimeout: number;
  readonly Message?: string;
}

type Drivers = Record<string, { readonly Devices: Record<string, KnownHealth> }>;

const usualTimeoutMs = 30_000;
const maxMessage = 1024;
const healths: Readonly<Record<string, Health>> = { HEALTHY: 'Healthy', UNHEALTHY: 'Unhealthy' };

/** The device health that drivers report. A report is valid for half a minute, unless the driver sets a timeout. */
export class DeviceHealths {
  readonly #file: ReturnType<typeof healthFile>;
  #drivers: Drivers = {};

  private constructor(file: ReturnType<typeof healthFile>) {
    this.#file = file;
  }

  /** Restores what was known before a restart. A damaged file is ignored: drivers report everything again. */
  static async open(path: string): Promise<DeviceHealths> {
    const healths = new DeviceHealths(healthFile(path));
    try {
      healths.#drivers = JSON.parse(await readFile(path, 'utf8')) as Drivers;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
    }
    return healths;
  }

  of(
    driver: string,
    pool: string,
    device: string,
    now: number,
  ): { readonly health: Health; readonly message?: string } {
    const known = this.#drivers[driver]?.Devices[`${pool}/${device}`];
    if (!known || isStale(known, now)) return { health: 'Unknown' };
    return { health: known.Health, ...(known.Message ? { message: known.Message } : {}) };
  }

  /** Records a driver's report on all its devices; returns the devices (`<pool>/<device>`) whose health has changed. */
  async update(driver: string, said: readonly DraDeviceHealth[], now: number): Promise<ReadonlySet<string>> {
    const before = this.#drivers[driver]?.Devices ?? {};
    const after = { ...before };
    const changed = new Set<string>();
    for (const { device, health, healthCheckTimeoutSeconds, message } of said) {
      const { poolName = '', deviceName = '' } = device ?? {};
      const seconds = Number(healthCheckTimeoutSeconds);
      const next: KnownHealth = {
        PoolName: poolName,
        DeviceName: deviceName,
        Health: healths[health] ?? 'Unknown',
        LastUpdated: new Date(now).toISOString(),
        HealthCheckTimeout: (seconds > 0 ? seconds * 1000 : usualTimeoutMs) * 1_000_000,
        Message: message.length > maxMessage ? `${message.slice(0, maxMessage - 3)}...` : message,
      };
      const key = `${poolName}/${deviceName}`;
      const known = before[key];
      after[key] = next;
      if (
        known?.Health !== next.Health ||
        known.Message !== next.Message ||
        known.HealthCheckTimeout !== next.HealthCheckTimeout
      )
        changed.add(key);
    }
    const spokenOf = new Set(said.map(({ device }) => `${device?.poolName}/${device?.deviceName}`));
    for (const [key, known] of Object.entries(before)) {
      if (spokenOf.has(key) || known.Health === 'Unknown' || !isStale(known, now)) continue;
      after[key] = { ...known, Health: 'Unknown', Message: '', LastUpdated: new Date(now).toISOString() };
      changed.add(key);
    }
    this.#drivers = { ...this.#drivers, [driver]: { Devices: after } };
    if (changed.size > 0) await this.#file.write(this.#drivers);
    return changed;
  }

  /** The driver no longer reports; returns the devices whose health was known. */
  async clear(driver: string): Promise<ReadonlySet<string>> {
    const { [driver]: gone, ...others } = this.#drivers;
    if (!gone) return new Set();
    this.#drivers = others;
    await this.#file.write(others);
    return new Set(Object.keys(gone.Devices));
  }
}

const isStale = ({ LastUpdated, HealthCheckTimeout }: KnownHealth, now: number): boolean =>
  now - Date.parse(LastUpdated) > (HealthCheckTimeout ? HealthCheckTimeout / 1_000_000 : usualTimeoutMs);

const healthFile = (path: string) =>
  checkpointFile<Drivers>(path, { encode: JSON.stringify, decode: (text) => JSON.parse(text) as Drivers });
