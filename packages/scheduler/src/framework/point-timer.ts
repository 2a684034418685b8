import type { Clock } from '@typernetes/base';

export type PointStatus = 'Success' | 'Unschedulable' | 'Error';

/** Takes the time that all plugins of an extension point need together. */
export interface PointTimer {
  begin(): number;
  /** `point` in upstream's spelling: `PreFilter`. */
  end(point: string, startedAt: number, status?: PointStatus): void;
}

export const noTimer: PointTimer = { begin: () => 0, end: () => {} };

/** A timer for one profile. */
export function pointTimer(
  clock: Clock,
  record: (seconds: number, labels: readonly [point: string, status: PointStatus]) => void,
): PointTimer {
  return {
    begin: () => clock.monotonic(),
    end: (point, startedAt, status = 'Success') => record((clock.monotonic() - startedAt) / 1000, [point, status]),
  };
}
