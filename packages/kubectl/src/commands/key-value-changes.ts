/** The changes of labels or annotations that `key=value` and `key-` arguments describe. */
export interface KeyValueChanges {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Separates `TYPE NAME...` from the changes that follow. */
export function splitChanges(args: readonly string[], what: string): { targets: string[]; changes: KeyValueChanges } {
  const isChange = (arg: string): boolean => arg.indexOf('=') > 0 || (/-$/.test(arg) && arg.length > 1);
  const at = args.findIndex(isChange);
  const targets = at < 0 ? [...args] : args.slice(0, at);
  const set: Record<string, string> = {};
  const remove: string[] = [];
  const changes = at < 0 ? [] : args.slice(at);
  const late = changes.find((arg) => !isChange(arg));
  if (late !== undefined) throw new Error(`all resources must be specified before ${what} changes: ${late}`);
  for (const arg of changes) {
    const equals = arg.indexOf('=');
    if (equals > 0 && what === 'label' && arg.indexOf('=', equals + 1) > 0)
      throw new Error(`invalid label spec: ${arg}`);
    if (equals > 0) set[arg.slice(0, equals)] = arg.slice(equals + 1);
    else remove.push(arg.slice(0, -1));
  }
  return { targets, changes: { set, remove } };
}

/** A merge patch of the map, or undefined if nothing changes. Throws if a value would be overwritten without --overwrite. */
export function mapPatch(
  current: Readonly<Record<string, string>>,
  { set, remove }: KeyValueChanges,
  options: { overwrite: boolean; what: string },
): Record<string, string | null> | undefined {
  const patch: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(set)) {
    if (current[key] === value) continue;
    if (current[key] !== undefined && !options.overwrite) {
      const has = `'${key}' already has a value (${current[key]})`;
      throw new Error(
        options.what === 'labels'
          ? `${has}, and --overwrite is false`
          : `--overwrite is false but found the following declared annotation(s): ${has}`,
      );
    }
    patch[key] = value;
  }
  for (const key of remove) if (current[key] !== undefined) patch[key] = null;
  return Object.keys(patch).length === 0 ? undefined : patch;
}
