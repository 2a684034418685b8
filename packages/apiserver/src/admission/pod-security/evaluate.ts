import { baselineChecks } from './baseline-checks.ts';
import type { Check, CheckedPod, Find, Violation } from './check.ts';
import type { LevelVersion } from './policy.ts';
import { restrictedChecks } from './restricted-checks.ts';

const chosen = new Map<string, readonly Find[]>();

/** Everything that keeps a pod from a level, in upstream's order. */
export function violations(pod: CheckedPod, { level, minor }: LevelVersion): Violation[] {
  if (level === 'privileged') return [];
  const key = `${level}:${minor}`;
  let finds = chosen.get(key);
  if (!finds) {
    finds = level === 'baseline' ? findsAt(baselineChecks, minor) : restrictedFinds(minor);
    chosen.set(key, finds);
  }
  return finds.flatMap((find) => find(pod) ?? []);
}

function restrictedFinds(minor: number): Find[] {
  const active = restrictedChecks.filter(({ versions }) => (versions[0]?.[0] ?? 0) <= minor);
  const replaced = new Set(active.map(({ overrides }) => overrides));
  return [
    ...findsAt(
      baselineChecks.filter(({ id }) => !replaced.has(id)),
      minor,
    ),
    ...findsAt(active, minor),
  ];
}

function findsAt(checks: readonly Check[], minor: number): Find[] {
  return checks.flatMap(({ versions }) => versions.findLast(([since]) => since <= minor)?.[1] ?? []);
}

/** `host namespaces (hostNetwork=true), privileged (...)`; "" when nothing is broken. */
export function detailOf(broken: readonly Violation[]): string {
  return broken.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
}

/** `host namespaces, privileged`. */
export function reasonOf(broken: readonly Violation[]): string {
  return broken.map(({ reason }) => reason).join(', ');
}
