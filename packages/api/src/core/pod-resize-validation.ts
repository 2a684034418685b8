import { type FieldProblem, forbiddenValue, invalidValue, jsonEqual } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import { podLevelResourceProblems } from './pod-level-resources.ts';
import { qosClassOf } from './pod-resources.ts';
import { isMirrorPod } from './pod-status.ts';
import { resourceProblems } from './resources-validation.ts';
import type { Container, Pod, PodSpec, ResourceRequirements } from './v1.gen.ts';

/** `/resize`: changes cpu and memory of containers and of the pod, without changing its QoS class. */
export function validatePodResize(next: Pod, current: Pod): FieldProblem[] {
  return [...podProblems(next, current)];
}

function* podProblems(next: Pod, current: Pod): Problems {
  if (isMirrorPod(current)) yield forbiddenValue('', 'static pods cannot be resized');
  if (current.spec.os?.name === 'windows') yield forbiddenValue('', 'windows pods cannot be resized');
  if (qosClassOf(next.spec) !== (current.status?.qosClass ?? qosClassOf(current.spec))) {
    yield invalidValue('spec', qosClassOf(next.spec), 'Pod QOS Class may not change as a result of resizing');
  }
  const order = [...orderProblems(next.spec, current.spec)];
  // With containers added, removed or reordered, nothing else can be compared.
  if (order.length > 0) {
    yield* order;
    return;
  }
  yield* podLevelProblems(next.spec, current.spec);
  yield* containersProblems(next.spec.containers, { current: current.spec.containers, at: 'spec.containers' });
  yield* initProblems(next.spec.initContainers ?? [], current.spec.initContainers ?? []);
}

function* orderProblems(next: PodSpec, current: PodSpec): Problems {
  for (const part of ['containers', 'initContainers'] as const) {
    const [now, before] = [next[part] ?? [], current[part] ?? []];
    if (now.length !== before.length)
      yield forbiddenValue(`spec.${part}`, `${part} may not be added or removed on resize`);
    else
      for (const [i, { name }] of now.entries())
        if (name !== before[i]?.name)
          yield forbiddenValue(`spec.${part}[${i}].name`, `${part} may not be renamed or reordered on resize`);
  }
}

function* podLevelProblems(next: PodSpec, current: PodSpec): Problems {
  if (jsonEqual(next.resources, current.resources)) return;
  if (current.resources && !next.resources) {
    yield forbiddenValue('spec.resources', 'pod-level resources cannot be removed');
    return;
  }
  yield* podLevelResourceProblems(next, 'spec.resources');
  for (const side of ['requests', 'limits'] as const)
    if (lost(next.resources?.[side], current.resources?.[side]))
      yield forbiddenValue(`spec.resources.${side}`, `pod-level resource ${side} cannot be removed`);
  if (!jsonEqual(fixedPart(next.resources ?? {}), fixedPart(current.resources ?? {})))
    yield forbiddenValue('spec', 'only cpu and memory resources are mutable at pod-level');
}

function* initProblems(next: readonly Container[], current: readonly Container[]): Problems {
  yield* containersProblems(next, {
    current,
    at: 'spec.initContainers',
    fixed: 'only cpu and memory resources for init or sidecar containers are mutable',
  });
  for (const [i, { restartPolicy, resizePolicy, resources }] of next.entries()) {
    const restarts = resizePolicy?.some((rule) => rule.restartPolicy === 'RestartContainer') ?? false;
    if (restartPolicy !== 'Always' && restarts && !jsonEqual(resources, current[i]?.resources))
      yield forbiddenValue(
        `spec.initContainers[${i}]`,
        'non-sidecar init containers with a resize policy of RestartContainer cannot be resized',
      );
  }
}

interface Before {
  readonly current: readonly Container[];
  readonly at: string;
  /**
   * The problem to report for the container if more than cpu and memory has changed; without it, it is reported for the
   * spec.
   */
  readonly fixed?: string;
}

function* containersProblems(next: readonly Container[], { current, at, fixed }: Before): Problems {
  for (const [i, { resources = {} }] of next.entries()) {
    const old = current[i]?.resources ?? {};
    if (jsonEqual(resources, old)) continue;
    const path = `${at}[${i}].resources`;
    yield* resourceProblems(resources, path);
    for (const side of ['requests', 'limits'] as const) {
      if (lost(resources[side], old[side])) {
        yield forbiddenValue(`${path}.${side}`, `resource ${side} cannot be removed`);
      }
    }
    if (!jsonEqual(fixedPart(resources), fixedPart(old))) {
      yield fixed
        ? forbiddenValue(`${at}[${i}]`, fixed)
        : forbiddenValue('spec', 'only cpu and memory resources are mutable');
    }
  }
}

type Amounts = Readonly<Record<string, string>>;

const lost = (next: Amounts = {}, current: Amounts = {}): boolean =>
  ['cpu', 'memory'].some((name) => name in current && !(name in next));

/** Everything but cpu and memory. */
function fixedPart({ requests, limits, ...rest }: ResourceRequirements): object {
  const others = (amounts: Amounts = {}): Amounts => {
    const { cpu: _cpu, memory: _memory, ...kept } = amounts;
    return kept;
  };
  return { ...rest, requests: others(requests), limits: others(limits) };
}
