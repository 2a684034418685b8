import type { Pod, PodAffinityTerm } from '@typernetes/api/core/v1';
import { type Labels, type Selector, selectorFromObject } from '@typernetes/machinery';

/** A parsed pod (anti-)affinity term. */
export interface AffinityTerm {
  readonly topologyKey: string;
  readonly selector: Selector;
  readonly namespaces: ReadonlySet<string>;
  /** Undefined selects no namespaces beyond the named ones. */
  readonly namespaceSelector: Selector | undefined;
  /** 1 to 100 for preferred terms, 0 for required ones. */
  readonly weight: number;
  /** Equal for terms that mean the same. */
  readonly key: string;
}

/** The inter-pod affinity of a pod. */
export interface PodAffinityTerms {
  readonly required: readonly AffinityTerm[];
  readonly requiredAnti: readonly AffinityTerm[];
  readonly preferred: readonly AffinityTerm[];
  readonly preferredAnti: readonly AffinityTerm[];
}

const none: PodAffinityTerms = { required: [], requiredAnti: [], preferred: [], preferredAnti: [] };
const ofPod = new WeakMap<Pod, PodAffinityTerms>();
const ofTemplate = new Map<string, PodAffinityTerms>();
const maxTemplates = 2000;

/** The terms of a pod, made once per object and template. */
export function affinityTermsOf(pod: Pod): PodAffinityTerms {
  const affinity = pod.spec.affinity;
  if (!affinity?.podAffinity && !affinity?.podAntiAffinity) return none;
  const known = ofPod.get(pod);
  if (known) return known;
  const { podAffinity, podAntiAffinity } = affinity;
  const usesLabels = [podAffinity, podAntiAffinity].some((side) =>
    [
      ...(side?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((one) => one.podAffinityTerm),
    ].some((term) => term.matchLabelKeys?.length || term.mismatchLabelKeys?.length),
  );
  const key = JSON.stringify([pod.metadata.namespace, podAffinity, podAntiAffinity, usesLabels && pod.metadata.labels]);
  let terms = ofTemplate.get(key);
  if (!terms) {
    const required = (list: readonly PodAffinityTerm[] = []) => list.map((term) => parseTerm(term, pod, 0));
    const preferred = (list: readonly { weight: number; podAffinityTerm: PodAffinityTerm }[] = []) =>
      list.map(({ weight, podAffinityTerm }) => parseTerm(podAffinityTerm, pod, weight));
    terms = {
      required: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
      requiredAnti: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
      preferred: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
      preferredAnti: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    };
    if (ofTemplate.size >= maxTemplates) ofTemplate.clear();
    ofTemplate.set(key, terms);
  }
  ofPod.set(pod, terms);
  return terms;
}

/** Whether the term selects `pod`; `labels` are those of the pod's namespace. */
export function termMatches(term: AffinityTerm, pod: Pod, labels: Labels | undefined): boolean {
  const inNamespace =
    term.namespaces.has(pod.metadata.namespace ?? '') || (term.namespaceSelector?.matches(labels ?? {}) ?? false);
  return inNamespace && term.selector.matches(pod.metadata.labels);
}

/** Without namespaces and namespace selector, a term means the namespace of its own pod. */
function parseTerm(term: PodAffinityTerm, pod: Pod, weight: number): AffinityTerm {
  const labels = pod.metadata.labels ?? {};
  const byKeys = (keys: readonly string[] | undefined, operator: 'In' | 'NotIn') =>
    (keys ?? []).flatMap((key) =>
      labels[key] === undefined ? [] : [{ key, operator, values: [labels[key] as string] }],
    );
  const added = [...byKeys(term.matchLabelKeys, 'In'), ...byKeys(term.mismatchLabelKeys, 'NotIn')];
  const selector = selectorFromObject(
    term.labelSelector && {
      ...term.labelSelector,
      matchExpressions: [...(term.labelSelector.matchExpressions ?? []), ...added],
    },
  );
  const namespaces =
    term.namespaces?.length || term.namespaceSelector ? (term.namespaces ?? []) : [pod.metadata.namespace ?? ''];
  const namespaceSelector = term.namespaceSelector && selectorFromObject(term.namespaceSelector);
  const selected = term.labelSelector ? selector.toString() : null;
  return {
    topologyKey: term.topologyKey,
    selector,
    namespaces: new Set(namespaces),
    namespaceSelector,
    weight,
    key: JSON.stringify([
      term.topologyKey,
      [...namespaces].sort(),
      namespaceSelector?.toString() ?? null,
      selected,
      weight,
    ]),
  };
}
