import type { Taint } from '@typernetes/api/core/v1';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export interface TaintChanges {
  readonly add: readonly Taint[];
  /** Without an effect: whatever has the key. */
  readonly remove: readonly { readonly key: string; readonly effect: string | undefined }[];
}

const invalidSpec = (arg: string): string =>
  `invalid taint spec: ${arg}, name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;

/** Understands `key=value:Effect`, `key:Effect`, `key:Effect-` and `key-`. */
export function parseTaints(args: readonly string[]): TaintChanges {
  const add: Taint[] = [];
  const remove: { key: string; effect: string | undefined }[] = [];
  for (const arg of args) {
    const removal = arg.endsWith('-');
    const [subject = '', effect] = (removal ? arg.slice(0, -1) : arg).split(':');
    const [key = '', value] = subject.split('=');
    if (effect !== undefined && !effects.includes(effect))
      throw new Error(`invalid taint effect: ${effect}, unsupported taint effect`);
    if (removal) remove.push({ key, effect });
    else if (effect === undefined || value?.includes('=')) throw new Error(invalidSpec(arg));
    else add.push({ key, ...(value === undefined ? {} : { value }), effect: effect as Taint['effect'] });
  }
  return { add, remove };
}

/** The taints of a node after the changes; throws when one would be overwritten without leave, or none can be removed. */
export function changedTaints(
  current: readonly Taint[],
  changes: TaintChanges,
  options: { overwrite: boolean; nodeName: string },
): Taint[] {
  const same = (a: { key: string; effect?: string }, b: { key: string; effect: string | undefined }): boolean =>
    a.key === b.key && (b.effect === undefined || a.effect === b.effect);
  for (const gone of changes.remove) {
    if (current.some((taint) => same(taint, gone))) continue;
    throw new Error(`taint "${gone.key}${gone.effect ? `:${gone.effect}` : ''}" not found`);
  }
  const clash = changes.add.find((taint) => current.some((other) => same(other, taint)));
  if (clash && !options.overwrite) {
    throw new Error(
      `node ${options.nodeName} already has ${clash.key} taint(s) with same effect(s) and --overwrite is false`,
    );
  }
  const kept = current.filter((taint) => ![...changes.remove, ...changes.add].some((change) => same(taint, change)));
  return [...changes.add, ...kept];
}
