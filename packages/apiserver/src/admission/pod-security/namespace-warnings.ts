import type { Pod } from '@typernetes/api/core/v1';
import { levels } from './check.ts';
import type { PodSecurityRules } from './configuration.ts';
import { reasonOf, violations } from './evaluate.ts';
import { type LevelVersion, textOf } from './policy.ts';

/** How many pods of a namespace are checked when its level changes. */
const maxPods = 3000;

/** The pods of a namespace that its new level would refuse, grouped by violations. */
export function namespaceWarnings(
  namespace: string,
  { next, old }: { next: LevelVersion; old: LevelVersion },
  { pods, rules }: { pods: { inNamespace(namespace: string): readonly Pod[] }; rules: PodSecurityRules },
): string[] {
  const relaxed = next.minor === old.minor && levels.indexOf(next.level) <= levels.indexOf(old.level);
  if (next.level === 'privileged' || relaxed) return [];
  const all = pods.inNamespace(namespace);
  const checked = all.slice(0, maxPods);
  const byWarning = new Map<string, string[]>();
  for (const pod of checked) {
    if (rules.exempt.runtimeClasses.has(pod.spec.runtimeClassName ?? '')) continue;
    const broken = violations(pod, next);
    if (broken.length === 0) continue;
    const reason = reasonOf(broken);
    byWarning.set(reason, [...(byWarning.get(reason) ?? []), pod.metadata.name]);
  }
  const lines = [...byWarning].map(([reason, names]) => {
    const others = names.length - 1;
    const more = others === 0 ? '' : ` (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
    return `${[...names].sort()[0]}${more}: ${reason}`;
  });
  return [
    ...(checked.length < all.length
      ? [
          `new PodSecurity enforce level only checked against the first ${checked.length} of ${all.length} existing pods`,
        ]
      : []),
    ...(lines.length > 0
      ? [
          `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level "${textOf(next)}"`,
        ]
      : []),
    ...lines.sort(),
  ];
}
