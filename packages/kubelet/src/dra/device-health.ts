import { readFile } from 'node:fs/promises';
import { codeOf } from '@typernetes/base';
import type { DraDeviceHealth } from '@typernetes/cri';
import { checkpointFile } from '../resource-managers/checkpoint.ts';

export type Health = 'Healthy' | 'Unhealthy' | 'Unknown';

/** What is known of a device, with upstream's names: `<root>/dra_health_state` holds it. */
interface KnownHealth {
  readonly PoolName: string;
  readonly DeviceName: string;
  readonly Health: Health;
  /** When the driver last spoke of the device. */
  readonly LastUpdated: string;
  /** Nanoseconds. What is older is not known any more. */
  readonly HealthCheckTimeout: number;
  readonly Message?: string;
}

type Drivers = Record<string, { readonly Devices: Record<string, KnownHealth> }>;

const usualTimeoutMs = 30_000;
const maxMessage = 1024;
const healths: Readonly<Record<string, Health>> = { HEALTHY: 'Healthy', UNHEALTHY: 'Unhealthy' };

/** What drivers say of the health of their devices. A word counts for half a minute, unless the driver says how long. */
export class DeviceHealths {
  readonly #file: ReturnType<typeof healthFile>;
  #drivers: Drivers = {};

  private constructor(file: ReturnType<typeof healthFile>) {
    this.#file = file;
  }

  /** With what was known before a restart. A damaged file counts as none: drivers say it all again. */
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

  /** Takes in what a driver says of all of its devices; `<pool>/<device>` of those of which something else is known now. */
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

  /** The driver says nothing any more; the devices of which something was known. */
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
