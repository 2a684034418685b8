import { forbiddenValue, invalidValue, jsonKind, jsonProblem, keyPath } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import { appArmorPrefix, appArmorProblemsOf } from './app-armor-annotations.ts';
import { tolerationProblems } from './placement-validation.ts';
import { seccompAnnotationProblems } from './seccomp-annotations.ts';
import type { Pod, PodSpec, Toleration } from './v1.gen.ts';

type Annotations = Readonly<Record<string, string>>;

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';
const mirror = 'kubernetes.io/config.mirror';
const tolerationsKey = 'scheduler.alpha.kubernetes.io/tolerations';

/**
 * Rules for annotations with a meaning for a pod, also in templates. `stored`: the stored annotations. Upstream:
 * ValidatePodSpecificAnnotations.
 */
export function* podAnnotationProblems(
  annotations: Annotations | undefined,
  spec: Pick<PodSpec, 'nodeName' | 'containers' | 'initContainers' | 'ephemeralContainers'>,
  { at, stored }: { readonly at: string; readonly stored?: Annotations | undefined },
): Problems {
  if (!annotations) return;
  const mirrored = annotations[mirror];
  if (mirrored !== undefined && !spec.nodeName)
    yield invalidValue(keyPath(at, mirror), mirrored, 'must set spec.nodeName if mirror pod annotation is set');
  if (annotations[tolerationsKey]) yield* writtenTolerationProblems(annotations[tolerationsKey], at);
  const [cost, costBefore] = [annotations[deletionCost], stored?.[deletionCost]];
  const wasWrong = costBefore !== undefined && !isInt32(costBefore);
  if (cost !== undefined && !isInt32(cost) && !wasWrong)
    yield invalidValue(keyPath(at, deletionCost), cost, 'must be a 32bit integer');
  yield* seccompAnnotationProblems(annotations, at);
  yield* appArmorProblemsOf(annotations, spec, at);
}

/** Rules for annotations that an update of a pod or its status adds or changes. */
export function* podAnnotationUpdateProblems({ metadata, spec }: Pod, current: Pod): Problems {
  const [next, before] = [metadata.annotations ?? {}, current.metadata.annotations ?? {}];
  const at = 'metadata.annotations';
  for (const key of Object.keys(before)) {
    const isKept = next[key] === before[key];
    const what = isKept ? undefined : fixedBy(key);
    if (what) yield forbiddenValue(keyPath(at, key), `may not remove or update ${what}`);
  }
  for (const key of Object.keys(next)) {
    const what = key in before ? undefined : fixedBy(key);
    if (what) yield forbiddenValue(keyPath(at, key), `may not add ${what}`);
  }
  yield* podAnnotationProblems(metadata.annotations, spec, { at, stored: before });
}

function fixedBy(key: string): string | undefined {
  if (key === mirror) return 'mirror pod annotation';
  return key.startsWith(appArmorPrefix) ? 'AppArmor annotations' : undefined;
}

/** Tolerations in the annotation from before there was a field for them. */
function* writtenTolerationProblems(text: string, at: string): Problems {
  const malformed = (why: string) => invalidValue(at, tolerationsKey, why);
  const syntax = jsonProblem(text);
  if (syntax !== '') return yield malformed(syntax);
  const list: unknown = JSON.parse(text);
  if (list !== null && !Array.isArray(list))
    return yield malformed(`json: cannot unmarshal ${jsonKind(list)} into Go value of type []core.Toleration`);
  yield* tolerationProblems((list ?? []) as readonly Toleration[], `${at}.${tolerationsKey}`);
}

/** Whether the text is an int32 in canonical form: no plus sign, no leading zeros. */
const isInt32 = (text: string): boolean =>
  /^(0|-?[1-9]\d*)$/.test(text) && Number(text) >= -(2 ** 31) && Number(text) < 2 ** 31;
