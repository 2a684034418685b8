/** What to do with the rotated logs of one log, by name. */
interface RotationPlan {
  /** Leftovers of interrupted rotations, and logs beyond the configured number. */
  readonly remove: readonly string[];
  readonly compress: readonly string[];
}

const partPattern = /^\.\d{8}-\d{6}(\.gz)?$/;

/**
 * `names` are the files in the log's directory. The log itself and the file it is about to become count towards
 * `maxFiles`; the newest of the others are kept and compressed.
 */
export function planRotation(log: string, names: readonly string[], maxFiles: number): RotationPlan {
  const own = names.filter((name) => name.startsWith(`${log}.`));
  const suffix = (name: string): string => name.slice(log.length);
  const parts = own.filter((name) => partPattern.test(suffix(name))).sort();
  // Already compressed: the file beside it is the uncompressed original.
  const done = parts.filter((name) => !name.endsWith('.gz') && parts.includes(`${name}.gz`));
  const current = parts.filter((name) => !done.includes(name));
  const surplus = current.slice(0, Math.max(current.length - Math.max(maxFiles - 2, 0), 0));
  return {
    remove: [...own.filter((name) => name.endsWith('.tmp')), ...done, ...surplus],
    compress: current.filter((name) => !surplus.includes(name) && !name.endsWith('.gz')),
  };
}

/** `0.log.20060102-150405` for the time in milliseconds. */
export function partName(log: string, now: number): string {
  const time = new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `${log}.${time}`;
}

/** Whether `name` is the log itself or one of its rotated logs. */
export function belongsTo(log: string, name: string): boolean {
  return name === log || (name.startsWith(`${log}.`) && partPattern.test(name.slice(log.length).replace(/\.tmp$/, '')));
}
