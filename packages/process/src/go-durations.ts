import { isJsonObject } from '@typernetes/machinery';
import { formatDuration, parseDuration } from './flags.ts';
import type { Shape } from './shape.ts';

/**
 * A document with its durations in Go's format: `5m` is `5m0s` wherever a program shows its configuration. Other values
 * stay.
 */
export function withGoDurations<T>(value: T, shape: Shape): T {
  return shown(value, shape) as T;
}

function shown(value: unknown, shape: Shape): unknown {
  if (shape === 'duration') {
    const ms = typeof value === 'string' ? parseDuration(value) : undefined;
    return ms === undefined ? value : formatDuration(ms);
  }
  if (typeof shape === 'string') return value;
  if ('list' in shape) return Array.isArray(value) ? value.map((one) => shown(one, shape.list)) : value;
  if (!isJsonObject(value)) return value;
  const shapeOf = (name: string): Shape | undefined =>
    'map' in shape ? shape.map : Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const inner = shapeOf(name);
      return [name, inner === undefined ? member : shown(member, inner)];
    }),
  );
}
