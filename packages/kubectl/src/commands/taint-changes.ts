import type { Taint } from '@typernetes/api/core/v1';
import { labelValueProblems, qualifiedNameProblems } from '@typernetes/machinery';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export interface TaintChanges {
  readonly add: readonly Taint[];
  /** Without an effect: all taints with the key. */
  readonly remove: readonly { readonly key: string; readonly effect: string | undefined }[];
}

/** Parses `key=value:Effect`, `key:Effect`, `key:Effect-` and `key-`. Throws with upstream's words. */
export function parseTaints(args: readonly string[]): TaintChanges {
  const add: Taint[] = [];
  const remove: { key: string; effect: string | undefined }[] = [];
  for (const arg of args) {
    const { key, value, effect } = parseTaint(arg.replace(/-$/, ''));
    if (arg.endsWith('-')) {
      remove.push({ key, effect });
      continue;
    }
    if (effect === undefined) throw new Error(`invalid taint spec: ${arg}`);
    if (add.some((other) => other.key === key && other.effect === effect))
      throw new Error(`duplicated taints with the same key and effect: {${key} ${value ?? ''} ${effect} <nil>}`);
    add.push({ key, ...(value === undefined ? {} : { value }), effect: effect as Taint['effect'] });
  }
  return { add, remove };
}

function parseTaint(spec: string): { key: string; value: string | undefined; effect: string | undefined } {
  const wrong = (why: readonly string[] = []): Error =>
    new Error(`invalid taint spec: ${spec}${why.length > 0 ? `, ${why.join('; ')}` : ''}`);
  const [subject = '', effect, ...more] = spec.split(':');
  if (more.length > 0) throw wrong();
  if (effect !== undefined && !effects.includes(effect))
    throw new Error(`invalid taint effect: ${effect}, unsupported taint effect`);
  // Without an effect the whole text is the key.
  const [key = '', value, ...further] = effect === undefined ? [subject] : subject.split('=');
  if (further.length > 0) throw wrong();
  const problems = value === undefined ? [] : labelValueProblems(value);
  if (problems.length > 0) throw wrong(problems);
  const keyProblems = qualifiedNameProblems(key);
  if (keyProblems.length > 0) throw wrong(keyProblems);
  return { key, value, effect };
}

/** The node's taints after the changes. Throws if one would be overwritten without --overwrite, or a taint to remove does not exist. */
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
