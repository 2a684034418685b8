import { createHash } from 'node:crypto';
import type { Clock } from '@typernetes/base';
import type { Metrics } from '@typernetes/process';

/** Counts reloads of a configuration file. */
export interface ReloadMetrics {
  /** The configuration now in use. */
  applied(content: string): void;
  reloaded(status: 'success' | 'failure'): void;
}

export type ReloadedConfiguration = 'authentication' | 'authorization' | 'encryption';

export const hashText = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** `apiserver_<what>_config_controller_*`; `serverId` is by what the cluster knows this server. */
export function reloadMetrics(
  metrics: Metrics,
  what: ReloadedConfiguration,
  { serverId, clock }: { readonly serverId: string; readonly clock: Pick<Clock, 'now'> },
): ReloadMetrics {
  const name = (rest: string): string => `apiserver_${what}_config_controller_${rest}`;
  const isEncryption = what === 'encryption';
  const stability = isEncryption ? 'ALPHA' : 'BETA';
  const labels = ['apiserver_id_hash', 'status'];
  const total = metrics.counter(name('automatic_reloads_total'), {
    help: isEncryption
      ? 'Total number of reload successes and failures of encryption configuration split by apiserver identity.'
      : `Total number of automatic reloads of ${what} configuration split by status and apiserver identity.`,
    stability,
    labels,
  });
  const last = metrics.gauge(name('automatic_reload_last_timestamp_seconds'), {
    help: isEncryption
      ? 'Timestamp of the last successful or failed automatic reload of encryption configuration split by apiserver identity.'
      : `Timestamp of the last automatic reload of ${what} configuration split by status and apiserver identity.`,
    stability,
    labels,
  });
  const info = metrics.gauge(name('last_config_info'), {
    help: `Information about the last applied ${what} configuration with hash as label, split by apiserver identity.`,
    labels: ['apiserver_id_hash', 'hash'],
  });
  const id = hashText(serverId);
  return {
    applied: (content) => {
      info.clear();
      info.set(1, [id, hashText(content)]);
    },
    reloaded: (status) => {
      total.add([id, status]);
      last.set(clock.now() / 1000, [id, status]);
    },
  };
}
