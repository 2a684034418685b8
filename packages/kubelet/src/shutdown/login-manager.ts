import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Clock, codeOf, type Logger, messageOf } from '@typernetes/base';

interface LoginManagerOptions {
  /** How long the machine's shutdown may be delayed, in seconds. */
  readonly seconds: number;
  /** Called when the machine is about to go down, which waits until this settles. */
  readonly onShutdown: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  /** systemd's folder of settings; another one in tests. */
  readonly settingsDir?: string;
  /** The PATH for systemd's programs. */
  readonly programs?: string;
}

/** Upstream: dbusReconnectPeriod. */
const reconnectMs = 1000;

const match = "type='signal',interface='org.freedesktop.login1.Manager',member='PrepareForShutdown'";

/**
 * Delays a shutdown of the machine until the pods have ended, where systemd's login manager controls it. Uses systemd's
 * own programs: `systemd-inhibit` holds the lock as long as it runs, `busctl` prints the signals.
 */
export class LoginManager {
  readonly name = 'login-manager';
  readonly #options: LoginManagerOptions;

  constructor(options: LoginManagerOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    try {
      await this.#allowDelay();
    } catch (error) {
      log.warn('Cannot let shutdowns wait as long as pods may take', { error: messageOf(error) });
    }
    let warned = false;
    while (!signal.aborted) {
      await this.#watch(signal);
      if (signal.aborted) return;
      if (!warned) log.warn('Nobody tells of shutdowns of this machine: trying again');
      warned = true;
      await clock.sleep(reconnectMs, signal).catch(() => {});
    }
  }

  /**
   * Holds the lock and follows the signals, until one of the programs ends because the bus or the login manager was
   * restarted.
   */
  async #watch(signal: AbortSignal): Promise<void> {
    const { onShutdown, programs } = this.#options;
    const why = 'Kubelet needs time to handle node shutdown';
    const inhibit = ['systemd-inhibit', '--what=shutdown', '--who=kubelet', `--why=${why}`, '--mode=delay', 'cat'];
    const lock = start(inhibit, programs);
    lock.stdin.on('error', () => {});
    const monitor = start(['busctl', '--system', '--json=short', 'monitor', `--match=${match}`], programs);
    const end = (): void => {
      // Its standard input is what the lock's program waits for.
      lock.stdin.end();
      monitor.kill();
    };
    signal.addEventListener('abort', end, { once: true });
    let isOver = false;
    lock.on('close', () => isOver || monitor.kill());
    try {
      for await (const line of createInterface({ input: monitor.stdout })) {
        if (!announcesShutdown(line)) continue;
        isOver = true;
        await onShutdown();
        lock.stdin.end();
      }
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  /** The login manager waits no longer than its own settings allow. */
  async #allowDelay(): Promise<void> {
    const { seconds, settingsDir = '/etc/systemd/logind.conf.d', programs } = this.#options;
    await mkdir(settingsDir, { recursive: true });
    const text = `# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=${seconds}\n`;
    await writeFile(join(settingsDir, '99-kubelet.conf'), text);
    const reload = start(['systemctl', 'kill', '--signal=HUP', 'systemd-logind.service'], programs);
    await new Promise<void>((settle, fail) => reload.on('error', fail).on('close', () => settle()));
  }
}

/**
 * Whether a line of the monitor is the signal that the shutdown begins; a cancelled shutdown has the same signal with
 * another argument.
 */
export function announcesShutdown(line: string): boolean {
  try {
    const { member, payload } = JSON.parse(line) as { member?: string; payload?: { data?: unknown[] } };
    return member === 'PrepareForShutdown' && payload?.data?.[0] === true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function start([file = '', ...args]: readonly string[], programs?: string): ChildProcessWithoutNullStreams {
  const child = spawn(file, args, { stdio: 'pipe', ...(programs === undefined ? {} : { env: { PATH: programs } }) });
  child.on('error', (error) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
  return child;
}
